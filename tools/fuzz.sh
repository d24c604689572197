#!/bin/sh
# fuzz.sh TIME: runs every fuzz target of the workspace for TIME.
set -eu
cd "$(dirname "$0")/.."
go=${GO:-go}
grep -rE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . |
  sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]+).*|\1 \2|' | sort |
  while read -r dir name; do
    "$go" test "$dir" -run '^$' -fuzz "^$name\$" -fuzztime "$1" </dev/null ||
      { echo "FAIL: $go test $dir -run '^\$' -fuzz '^$name\$' -fuzztime $1"; exit 1; }
  done
