#!/usr/bin/env bash
# Fetches Apache Kafka 3.9.2 with its class path and compiles src/*.java against it, once per version of either.
# Prints two lines: the folder of jars, the folder of compiled drivers. Cached outside the tree: TYPEKEEPER_CACHE or ~/.cache/typekeeper.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${TYPEKEEPER_CACHE:-$HOME/.cache/typekeeper}/kafka-3.9.2
sum() { cat "$@" | cksum | cut -d' ' -f1; }
lib=$cache/lib-$(sum "$here/pom.xml")
classes=$cache/drivers-$(sum "$here/pom.xml" "$here"/src/*.java)

# Filled under another name and renamed, so that a run that is cut off leaves nothing that looks whole.
fresh() { mkdir -p "$cache" && mktemp -d "$cache/part.XXXXXX"; }
publish() { chmod 755 "$1"; mv -T "$1" "$2" 2>/dev/null || rm -rf "$1"; }

if [ ! -d "$lib" ]; then
  part=$(fresh)
  mvn -q -B -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$part" >&2
  publish "$part" "$lib"
fi
if [ ! -d "$classes" ]; then
  part=$(fresh)
  javac -nowarn -d "$part" -cp "$lib/*" "$here"/src/*.java >&2
  publish "$part" "$classes"
fi
printf '%s\n' "$lib" "$classes"
