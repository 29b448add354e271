#!/usr/bin/env bash
# fetch.sh [FOLDER [-Dproperty=value]]: fetches the class path that FOLDER/pom.xml names and compiles FOLDER/src and shared/ against it, once
# for each version of either. FOLDER is this one unless named: Apache ZooKeeper 3.9.5 as peer. The property is one of that pom.xml.
# Prints two lines: the folder of jars, the folder of compiled drivers. Cached outside the tree: TYPEKEEPER_CACHE or ~/.cache/typekeeper.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here}
property=${2:-}
cache=${TYPEKEEPER_CACHE:-$HOME/.cache/typekeeper}/zk-3.9.5
mapfile -t sources < <(find "$folder/src" "$here/shared" -name '*.java' | sort)
sum() { { cat "$@" && printf %s "$property"; } | cksum | cut -d' ' -f1; }
lib=$cache/lib-$(sum "$folder/pom.xml")
classes=$cache/drivers-$(sum "$folder/pom.xml" "${sources[@]}")

# Filled under another name and renamed, so that a run that is cut off leaves nothing that looks whole.
fresh() { mkdir -p "$cache" && mktemp -d "$cache/part.XXXXXX"; }
publish() { chmod 755 "$1"; mv -T "$1" "$2" 2>/dev/null || rm -rf "$1"; }

if [ ! -d "$lib" ]; then
  part=$(fresh)
  mvn -q -B -f "$folder/pom.xml" $property org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$part" >&2
  publish "$part" "$lib"
fi
if [ ! -d "$classes" ]; then
  part=$(fresh)
  javac -nowarn -d "$part" -cp "$lib/*" "${sources[@]}" >&2
  publish "$part" "$classes"
fi
printf '%s\n' "$lib" "$classes"
