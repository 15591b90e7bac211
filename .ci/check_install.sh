#!/usr/bin/env bash
# What an installed plaint brings beside itself: man pages by mandoc, completions by the shells they
# are for, units by systemd-analyze, the Debian package by lintian and dpkg. What is not there is named.
# usage: .ci/check_install.sh PLAINT DIR
set -euo pipefail
plaint="$(realpath "$1")"
mkdir -p "$2"
dir="$(realpath "$2")"
cd "$(dirname "$0")/.."
fail() { echo "check_install: $*" >&2; exit 1; }
has() { command -v "$1" >/dev/null || { echo "NOT DONE: no $1: $2" >&2; return 1; }; }
holds() { grep -qx -- "$2" <<<"$1" || fail "$3: no $2 among: $1"; }

"$plaint" man "$dir/man"
[[ "$(find "$dir/man" -name '*.1' | wc -l)" -gt 12 ]] || fail "too few man pages"
if has mandoc "no man page was checked"; then
  # How clap_mangen breaks lines is known; anything else is a fault of a page.
  said="$(mandoc -T lint -W warning "$dir"/man/*.1 | grep -v 'skipping paragraph macro: br' || true)"
  [[ -z "$said" ]] || fail "$said"
fi

mkdir -p "$dir/completions"
"$plaint" completions bash >"$dir/completions/plaint.bash"
"$plaint" completions zsh >"$dir/completions/_plaint"
"$plaint" completions fish >"$dir/completions/plaint.fish"
# A sub-command, a flag, a value of a flag.
completed="$(bash --norc -c '
  source "$1"; f="$(complete -p plaint | sed "s/.* -F \([^ ]*\).*/\1/")"
  ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); "$f" plaint "${@: -1}" "${@: -2:1}"; printf "%s\n" "${COMPREPLY[@]}"; }
  ask plaint re; ask plaint report --th; ask plaint sources --format js' _ "$dir/completions/plaint.bash")"
for word in report --threads jsonl; do holds "$completed" "$word" bash; done
if has fish "no fish completed a word"; then
  completed="$(fish --no-config -c "source $dir/completions/plaint.fish
    complete -C 'plaint re'; complete -C 'plaint report --th'; complete -C 'plaint sources --format js'" | cut -f1)"
  for word in report --threads jsonl; do holds "$completed" "$word" fish; done
fi
if has zsh "no zsh took the completions"; then
  completed="$(cd "$dir" && zsh -f -c '
    fpath=($PWD/completions $fpath); autoload -Uz compinit; compinit -u -d $PWD/zcompdump
    (( $+functions[_plaint] )) && print -r -- "service of plaint: $_comps[plaint]"')"
  holds "$completed" "service of plaint: _plaint" zsh
fi

if has systemd-analyze "no unit was checked"; then
  # The program lies elsewhere here.
  sed "s#/usr/bin/plaint#$plaint#" packaging/plaint.service >"$dir/plaint.service"
  sed -i '/^Documentation=/d' "$dir/plaint.service"
  cp packaging/plaint.timer "$dir/"
  said="$(systemd-analyze verify "$dir/plaint.service" "$dir/plaint.timer" 2>&1 | grep -F plaint || true)"
  [[ -z "$said" ]] || fail "$said"
fi

if cargo deb --version >/dev/null 2>&1; then
  # The binary that was built, the pages and completions of this run.
  target="${CARGO_TARGET_DIR:-target}"
  rm -rf "$target/man" "$target/completions" && cp -r "$dir/man" "$dir/completions" "$target/"
  cargo deb --no-build --strip --output "$dir/plaint.deb" >/dev/null
  dpkg -c "$dir/plaint.deb" >"$dir/held"
  for path in usr/bin/plaint man1/plaint-report.1.gz bash-completion/completions/plaint \
    vendor-completions/_plaint plaint.fish system/plaint.timer doc/plaint/copyright; do
    grep -q "$path\$" "$dir/held" || fail "the package lacks $path"
  done
  if has lintian "the package was not looked over"; then
    said="$(lintian --allow-root --fail-on none --suppress-tags initial-upload-closes-no-bugs "$dir/plaint.deb" | grep -E '^[EW]:' || true)"
    [[ -z "$said" ]] || fail "$said"
  fi
  dpkg -x "$dir/plaint.deb" "$dir/root"
  "$dir/root/usr/bin/plaint" --version
else
  echo "NOT DONE: no cargo deb: no Debian package was made" >&2
fi
