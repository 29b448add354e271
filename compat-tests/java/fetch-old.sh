#!/usr/bin/env bash
# Fetches the Apache ZooKeeper of a version with its class path, once, and prints the folder of jars. Cached as by fetch.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=$1
cache=${TYPEKEEPER_CACHE:-$HOME/.cache/typekeeper}/zk-$version
lib=$cache/lib-$(cksum <"$here/old.xml" | cut -d' ' -f1)
if [ ! -d "$lib" ]; then
  mkdir -p "$cache"
  part=$(mktemp -d "$cache/part.XXXXXX")
  mvn -q -B -f "$here/old.xml" "-Dzookeeper.version=$version" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$part" >&2
  chmod 755 "$part"
  mv -T "$part" "$lib" 2>/dev/null || rm -rf "$part"
fi
printf '%s\n' "$lib"
