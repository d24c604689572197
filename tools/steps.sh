#!/bin/sh
# steps.sh TARGET...: runs make targets one after another, a line with the
# seconds for each. A step's output is shown when it fails, and always under CI,
# where nobody watches and the log is all there is. The lines look like go
# test's own, for those who read either by machine.
set -eu
make=${MAKE:-make}
log=$(mktemp)
LOOM_SKIPS=$(mktemp) # the tests that were skipped, printed once at the end
export LOOM_SKIPS
trap 'rm -f "$log" "$LOOM_SKIPS"' EXIT
trap 'exit 130' INT TERM
begin=$(date +%s)
for step; do
  start=$(date +%s)
  status=0
  if [ -n "${CI:-}" ]; then
    echo "run   make $step"
    "$make" --no-print-directory "$step" </dev/null 2>&1 || status=$?
  else
    [ ! -t 1 ] || printf 'run \tmake %s\r' "$step" # overwritten by its result
    "$make" --no-print-directory "$step" </dev/null >"$log" 2>&1 || status=$?
    [ $status -eq 0 ] || cat "$log"
  fi
  took=$(($(date +%s) - start))
  if [ $status -ne 0 ]; then
    printf 'FAIL\tmake %-12s\t%ds\nrepeat it alone: make %s\n' "$step" $took "$step"
    exit $status
  fi
  printf 'ok  \tmake %-12s\t%ds\n' "$step" $took
done
awk '!seen[$0]++' "$LOOM_SKIPS"
printf 'ok  \tall %d steps      \t%ds\n' $# $(($(date +%s) - begin))
