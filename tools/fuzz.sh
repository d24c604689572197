#!/bin/sh
# fuzz.sh TIME: runs every fuzz target of the workspace for TIME. An input that
# is new is made smaller in 20 tries and not for a minute, as is usual: when TIME
# ends meanwhile, go test calls that a failure ("context deadline exceeded").
set -eu
cd "$(dirname "$0")/.."
go=${GO:-go}
grep -rE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . |
  sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]+).*|\1 \2|' | sort |
  while read -r dir name; do
    "$go" test "$dir" -run '^$' -fuzz "^$name\$" -fuzztime "$1" -fuzzminimizetime 20x </dev/null ||
      { echo "FAIL: $go test $dir -run '^\$' -fuzz '^$name\$' -fuzztime $1"; exit 1; }
  done
