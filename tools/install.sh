#!/bin/sh
# install.sh DIR BINARY...: puts the binaries into DIR and says what to do next.
set -eu
dir=$1
shift
mkdir -p "$dir"
for b; do
  name=$(basename "$b")
  # Written beside and renamed: a loomd that runs keeps the file that it has.
  cp "$b" "$dir/.$name.new"
  mv -f "$dir/.$name.new" "$dir/$name"
  echo "installed $dir/$name"
done
case ":$PATH:" in
*":$dir:"*)
  found=$(command -v loom || true)
  [ "$found" = "$dir/loom" ] || echo "note: another loom comes first on PATH: $found"
  echo "next: loom init"
  ;;
*)
  echo "note: $dir is not on PATH; this line in your shell's profile puts it there:"
  echo "  export PATH=\"$dir:\$PATH\""
  echo "next: $dir/loom init"
  ;;
esac
