#!/bin/sh
# one-version.sh [-w]: finds requirements of which the workspace has another version
# than a module's own go.mod, with which its binary is built: the tests would be of
# other code than the users have, and everything would be compiled twice. With -w it
# raises them. (go work sync raises also what go.work replaces.)
set -eu
cd "$(dirname "$0")/.."
go=${GO:-go}
list=$(mktemp)
trap 'rm -f "$list"' EXIT

other() { # the requirements in $1 that the workspace has in another version, as path@version
  awk 'NR == FNR { v[$1] = $2; next }
    /^\)/ { many = 0 }
    /^require \(/ { many = 1; next }
    many || $1 == "require" { p = many ? $1 : $2; w = many ? $2 : $3; if (v[p] != "" && v[p] != w) print p "@" v[p] }' "$list" "$1"
}

found=1
while [ $found = 1 ]; do # what is raised may want more to be raised
  found=0
  "$go" list -m -f '{{.Path}} {{with .Replace}}{{.Version}}{{else}}{{.Version}}{{end}}' all | awk 'NF == 2' >"$list"
  for dir in $("$go" list -m -f '{{.Dir}}'); do
    want=$(other "$dir/go.mod")
    [ -n "$want" ] || continue
    found=1
    if [ "${1:-}" = -w ]; then
      (cd "$dir" && GOWORK=off "$go" mod edit $(printf -- '-require=%s ' $want) && GOWORK=off "$go" mod tidy)
    else
      echo "${dir#"$PWD"/}/go.mod requires other versions than the workspace has:" $want >&2
    fi
  done
  [ "${1:-}" = -w ] || { [ $found = 0 ] || { echo "repair it: make tidy" >&2; exit 1; }; }
done
