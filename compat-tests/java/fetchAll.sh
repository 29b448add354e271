#!/usr/bin/env bash
# Fetches and compiles what every suite here runs in a JVM, so that no test waits for it.
set -euo pipefail
suites=$(cd "$(dirname "$0")/.." && pwd)
fetch=$suites/java/fetch.sh
"$fetch"
"$fetch" "$suites/curator"
"$fetch" "$suites/apacheTests"
"$fetch" "$suites/kafka"
while read -r version; do "$fetch" "$suites/oldClients" "-Dzookeeper.version=$version"; done <"$suites/oldClients/versions.txt"
