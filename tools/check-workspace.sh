#!/bin/sh
# Every go.mod is either used by go.work or one of the exceptions below, and all
# of them, with go.work, name the same Go. Those of testbed/services name the Go
# that the program wants which they build.
set -eu
cd "$(dirname "$0")/.."

# tools/ and testbed/services/* stay outside: in the workspace their
# requirements would raise the versions of every module of the product.
files() { git ls-files '*go.mod' 2>/dev/null || find . -name go.mod | sed 's|^\./||'; }
want=$(files | grep -v -e '^tools/' -e '^testbed/services/' | sed 's|/go.mod$||' | sort)
have=$(sed -n '/^use (/,/^)/s|^	\./||p' go.work | sort)
if [ "$want" != "$have" ]; then
  printf 'go.work uses other modules than there are:\n' >&2
  printf '%s\n%s\n%s\n' "$have" "$have" "$want" | sort | uniq -c | awk '$1 == 1 { print "  missing: ./" $2 } $1 == 2 { print "  no such module: ./" $2 }' >&2
  exit 1
fi

go=$(sed -n 's/^go //p' go.work)
for f in $(files | grep -v '^testbed/services/'); do
  [ "$(sed -n 's/^go //p' "$f")" = "$go" ] || { echo "$f: go $(sed -n 's/^go //p' "$f"), but go.work says go $go" >&2; exit 1; }
done
