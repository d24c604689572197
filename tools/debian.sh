#!/bin/sh
# debian.sh PACKAGE:PROGRAM...: installs the Debian packages whose program is not
# on PATH, as root or where sudo asks for no password. It fails with 2 where
# nothing may be installed, and with 1 where that was tried in vain.
set -eu
missing=
for each; do
  command -v "${each#*:}" >/dev/null || missing="$missing ${each%%:*}"
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null || { echo "not on PATH, and there is no apt-get:$missing" >&2; exit 2; }
as=
if [ "$(id -u)" != 0 ]; then
  as='sudo -n'
  $as true 2>/dev/null || { echo "not on PATH; as root: apt-get install$missing" >&2; exit 2; }
fi
echo "apt-get install$missing"
$as apt-get -qq update </dev/null >/dev/null || { echo "apt-get update failed" >&2; exit 1; }
# Without what is only recommended: dbus-x11 has a dbus-launch, which starts buses
# that nobody ends.
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as apt-get -qq install -y --no-install-recommends $missing </dev/null >/dev/null || exit 1
for each; do
  command -v "${each#*:}" >/dev/null || { echo "${each%%:*} is installed and has no ${each#*:}" >&2; exit 1; }
done
