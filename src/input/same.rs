//! Inputs given twice: another name, an equal copy, or the beginning of another.

use std::collections::HashMap;
use std::io::Read;

use super::lines::Input;

/// Bytes compared before two inputs are read whole.
const HEAD: usize = 4096;

/// For each input that repeats another, which one: `(repeated, kept)`. The
/// longest is kept; of equal ones the first.
/// An input that cannot be read is no copy, and the run will say so.
#[must_use]
pub fn repeated(inputs: &[Input]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut by_identity: HashMap<(u64, u64), usize> = HashMap::new();
    let mut rest: Vec<usize> = Vec::new();
    for (i, input) in inputs.iter().enumerate() {
        match input.identity.map(|id| *by_identity.entry(id).or_insert(i)) {
            Some(first) if first != i => out.push((i, first)),
            _ => rest.push(i),
        }
    }
    // An empty input begins every other, and repeats nothing.
    let heads: HashMap<usize, Vec<u8>> = rest
        .iter()
        .filter_map(|&i| Some((i, inputs.get(i)?.head(HEAD).ok()?)))
        .filter(|(_, h)| !h.is_empty())
        .collect();
    let mut gone = vec![false; inputs.len()];
    for (n, &a) in rest.iter().enumerate() {
        for &b in rest.iter().skip(n + 1) {
            let dropped = |i: usize| gone.get(i).copied().unwrap_or(true);
            if dropped(a) || dropped(b) {
                continue;
            }
            let (Some(ha), Some(hb)) = (heads.get(&a), heads.get(&b)) else { continue };
            let short = ha.len().min(hb.len());
            if ha.get(..short) != hb.get(..short)
                || (short < HEAD && ha.len() == hb.len() && ha != hb)
            {
                continue;
            }
            let (Some(ia), Some(ib)) = (inputs.get(a), inputs.get(b)) else { continue };
            let lost = match begins(ia, ib) {
                Begins::Neither => continue,
                Begins::FirstIsShorter => (a, b),
                Begins::SecondIsShorter | Begins::Equal => (b, a),
            };
            out.push(lost);
            if let Some(g) = gone.get_mut(lost.0) {
                *g = true;
            }
        }
    }
    // What repeats an input that itself repeats one, repeats the last.
    let kept: HashMap<usize, usize> = out.iter().copied().collect();
    for (_, to) in &mut out {
        while let Some(next) = kept.get(to) {
            *to = *next;
        }
    }
    out.sort_unstable();
    out
}

enum Begins {
    Neither,
    Equal,
    FirstIsShorter,
    SecondIsShorter,
}

/// Whether one input's unpacked bytes are the beginning of the other's.
fn begins(a: &Input, b: &Input) -> Begins {
    let (Ok(mut ra), Ok(mut rb)) = (a.reader(), b.reader()) else { return Begins::Neither };
    let (mut ba, mut bb) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let (Ok(na), Ok(nb)) = (fill(&mut ra, &mut ba), fill(&mut rb, &mut bb)) else {
            return Begins::Neither;
        };
        let n = na.min(nb);
        if ba.get(..n) != bb.get(..n) {
            return Begins::Neither;
        }
        if na != nb || na < ba.len() {
            return match na.cmp(&nb) {
                std::cmp::Ordering::Equal => Begins::Equal,
                // A copy that ends within a line is still a copy of what the other holds.
                std::cmp::Ordering::Less => Begins::FirstIsShorter,
                std::cmp::Ordering::Greater => Begins::SecondIsShorter,
            };
        }
    }
}

fn fill(reader: &mut impl Read, buf: &mut [u8]) -> std::io::Result<usize> {
    let mut done = 0;
    while let Some(room) = buf.get_mut(done..).filter(|r| !r.is_empty()) {
        match reader.read(room)? {
            0 => break,
            n => done += n,
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::Path;

    use super::*;

    #[test]
    fn copies_and_beginnings_count_once() {
        let dir = tempfile::tempdir().unwrap();
        let at = |n: &str| dir.path().join(n);
        let long: String = (0..2000).map(|i| format!("line {i}\n")).collect();
        std::fs::write(at("a.log"), &long).unwrap();
        std::fs::write(at("copy.log"), &long).unwrap();
        std::fs::write(at("start.log"), &long[..9000]).unwrap();
        std::fs::write(at("short.log"), &long[..70]).unwrap();
        std::fs::write(at("other.log"), format!("{long}x").replace("line 1999", "LINE 1999"))
            .unwrap();
        std::fs::write(at("empty.log"), "").unwrap();
        std::os::unix::fs::symlink(at("a.log"), at("link.log")).unwrap();
        let mut gz = flate2::write::GzEncoder::new(
            std::fs::File::create(at("packed.gz")).unwrap(),
            flate2::Compression::fast(),
        );
        gz.write_all(long.as_bytes()).unwrap();
        gz.finish().unwrap();
        let names = [
            "a.log",
            "copy.log",
            "start.log",
            "short.log",
            "other.log",
            "empty.log",
            "link.log",
            "packed.gz",
        ];
        let inputs: Vec<Input> =
            names.iter().map(|n| Input::open(Path::new(&at(n)), true).unwrap()).collect();
        let got: Vec<_> =
            repeated(&inputs).into_iter().map(|(a, b)| (names[a], names[b])).collect();
        assert_eq!(
            got,
            [
                ("copy.log", "a.log"),
                ("start.log", "a.log"),
                ("short.log", "a.log"),
                ("link.log", "a.log"),
                ("packed.gz", "a.log")
            ]
        );
    }
}
