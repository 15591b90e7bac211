"""What plaint writes for engines and pipelines, read by them: Parquet by DuckDB, events by IntelMQ."""

import csv
import io
import json
import subprocess
import sys
import tempfile

plaint, what = sys.argv[1:]
SMALL = "testdata/cases/small"


def run(*args):
    command = [plaint, *args, f"{SMALL}/logs", "--config", f"{SMALL}/plaint.toml"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def duckdb():
    import duckdb

    for command, numbers in [("events", ["line", "offset"]), ("sources", ["lines", "attempts"])]:
        rows = list(csv.DictReader(io.StringIO(run(command, "--format", "csv").decode())))
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            file.write(run(command, "--format", "parquet"))
            file.flush()
            found = duckdb.sql(f"select * from read_parquet('{file.name}')")
            assert found.columns == list(rows[0]), found.columns
            count = duckdb.sql("select count(*) from found").fetchall()[0][0]
            assert count == len(rows) > 20, (count, len(rows))
            for column in numbers:
                total = duckdb.sql(f'select sum("{column}") from found').fetchall()[0][0]
                assert total == sum(int(r[column]) for r in rows), (command, column, total)
            when = "timestamp" if command == "events" else "first"
            least = duckdb.sql(f'select epoch_us(min("{when}")) from found').fetchall()[0][0]
            first = min(r[when] for r in rows)
            assert duckdb.sql(f"select epoch_us(timestamptz '{first}')").fetchall()[0][0] == least
        print(f"{command}: {count} rows, as DuckDB {duckdb.__version__} reads them")
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(run("events", "--format", "jsonl"))
        file.flush()
        query = f"select source.ip, count(*) from read_json('{file.name}') group by all order by 2 desc"
        assert len(duckdb.sql(query).fetchall()) > 10


def intelmq():
    import os

    # It makes its folders and asks for its files at import.
    os.environ.setdefault("INTELMQ_ROOT_DIR", tempfile.mkdtemp())
    import importlib.resources

    from intelmq.lib.message import Event

    harmonization = json.loads(
        importlib.resources.files("intelmq.etc").joinpath("harmonization.conf").read_text()
    )
    taken = 0
    for line in run("events", "--format", "intelmq", "--original").splitlines():
        event = Event(harmonization=harmonization)
        for key, value in json.loads(line).items():
            # Refuses an unknown key, and raises where a value is not of its type.
            assert event.add(key, value, sanitize=False), (key, value)
        assert "source.ip" in event and "classification.taxonomy" in event
        taken += 1
    assert taken > 200, taken
    print(f"{taken} events, as IntelMQ's message takes them")


{"duckdb": duckdb, "intelmq": intelmq}[what]()
