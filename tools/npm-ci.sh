#!/bin/sh
# npm-ci.sh DIR: installs what DIR/package-lock.json pins, unless it is there.
# The lockfile's hash decides, not its time, which a checkout changes.
set -eu
cd "$1"
command -v npm >/dev/null || {
  echo "MCP clients, servers and suites come from npm, and npm is not on PATH: install Node.js (any version from 18 on; the packages bring their own)" >&2
  exit 1
}
hash=$(cat package-lock.json .npmrc | git hash-object --stdin)
[ "$(cat node_modules/.loom-lock 2>/dev/null)" = "$hash" ] && exit 0
echo "npm ci in $1 (about 300 MB, once)"
npm ci </dev/null
echo "$hash" >node_modules/.loom-lock
