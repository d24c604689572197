#!/bin/sh
# fuzz.sh TIME: runs every fuzz target of the workspace for TIME. An input that
# is new is made smaller in 20 tries and not for a minute, as is usual.
#
# Up to Go 1.26 a worker that hears that TIME is over before the coordinator does
# makes a failure of it: "context deadline exceeded", and no failing input
# (golang/go#75804). A target that ends so is run again, and has to pass.
set -eu
cd "$(dirname "$0")/.."
go=${GO:-go}
grep -rE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . |
  sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]+).*|\1 \2|' | sort |
  while read -r dir name; do
    log=$(mktemp)
    for try in 1 2 3; do
      status=0
      "$go" test "$dir" -run '^$' -fuzz "^$name\$" -fuzztime "$1" -fuzzminimizetime 20x </dev/null >"$log" 2>&1 || status=$?
      [ $status -ne 0 ] && [ $try -lt 3 ] && grep -q '^    context deadline exceeded$' "$log" && ! grep -q 'Failing input' "$log" || break
      echo "again $name: go test took the end of its $1 for a failure (golang/go#75804)"
    done
    cat "$log"
    rm -f "$log"
    [ $status -eq 0 ] ||
      { echo "FAIL: $go test $dir -run '^\$' -fuzz '^$name\$' -fuzztime $1"; exit 1; }
  done
