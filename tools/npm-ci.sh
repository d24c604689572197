#!/bin/sh
# npm-ci.sh DIR [COMMAND...]: installs what DIR/package-lock.json pins, unless it
# is there. The lockfile's hash decides, not its time, which a checkout changes.
# COMMAND is npm's, ci unless said otherwise: that refuses a lockfile that lacks
# the packages for systems which a mirror does not have, and npm install passes
# them over.
set -eu
dir=$1
shift
[ $# -gt 0 ] || set -- ci
cd "$dir"
command -v npm >/dev/null || {
  echo "MCP clients, servers and suites come from npm, and npm is not on PATH: install Node.js (any version from 18 on; the packages bring their own)" >&2
  exit 1
}
hash=$(cat package-lock.json .npmrc | git hash-object --stdin)
[ "$(cat node_modules/.loom-lock 2>/dev/null)" = "$hash" ] && exit 0
echo "npm $* in $dir (hundreds of megabytes, once)"
npm "$@" </dev/null
echo "$hash" >node_modules/.loom-lock
