#!/bin/sh
# with-engine.sh COMMAND...: runs a command while the testbed's Docker engine runs,
# which is stopped after it, however it ends, unless it ran before. Where it cannot
# run that is a line, and under CI a failure.
set -eu
unset DOCKER_HOST # which would be another one
PATH=$PATH:/usr/sbin:/sbin # where Debian has dockerd and debootstrap
engine() { "${GO:-go}" run ./testbed/cmd/testbed-engine "$1"; }
tools/debian.sh docker.io:dockerd docker.io:docker containerd:containerd runc:runc iptables:iptables debootstrap:debootstrap || [ -z "${CI:-}" ] || exit 1
if ! engine status >/dev/null 2>&1; then
  trap 'engine stop' EXIT
  trap 'exit 130' INT TERM
  if ! engine start; then
    echo 'skip  what needs a container engine: none can run here, see above'
    [ -z "${CI:-}" ]
    exit
  fi
fi
"$@"
