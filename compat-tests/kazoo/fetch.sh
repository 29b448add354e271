#!/usr/bin/env bash
# Installs kazoo 2.11.0, unmodified, with what its own tests import, once per list and Python. Prints the folder to put on PYTHONPATH.
# Cached outside the tree: TYPEKEEPER_CACHE or ~/.cache/typekeeper.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${TYPEKEEPER_CACHE:-$HOME/.cache/typekeeper}/kazoo-2.11.0
python=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
lib=$cache/python$python-$(cksum <"$here/requirements.txt" | cut -d' ' -f1)

# Filled under another name and renamed, so that a run that is cut off leaves nothing that looks whole.
if [ ! -d "$lib" ]; then
  mkdir -p "$cache"
  part=$(mktemp -d "$cache/part.XXXXXX")
  python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps --target "$part" -r "$here/requirements.txt" >&2
  chmod 755 "$part"
  mv -T "$part" "$lib" 2>/dev/null || rm -rf "$part"
fi
printf '%s\n' "$lib"
