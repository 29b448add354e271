#!/usr/bin/env bash
# Removes old snapshots and logs: `zkCleanup.sh [--config <conf-dir>] -n <count>`, the arguments and exit codes of ZooKeeper's
# script of this name. The directories are those of zoo.cfg.

self="${BASH_SOURCE[0]}"
while [ -L "$self" ]; do
  link="$(readlink "$self")"
  case "$link" in
    /*) self="$link" ;;
    *) self="$(dirname "$self")/$link" ;;
  esac
done
ZOOBINDIR="$(cd "$(dirname "$self")" && pwd)"

if [ $# -gt 1 ] && [ "$1" = "--config" ]; then
  export ZOOCFGDIR="$2"
  shift 2
fi

. "$ZOOBINDIR/zkEnv.sh"

# The value of a key of the configuration; nothing if it is not there.
setting() {
  sed -n "s/^[[:space:]]*$1=//p" "$ZOOCFG" | tail -n 1 | sed 's/[[:space:]]*$//'
}

if [ ! -f "$ZOOCFG" ]; then
  echo "Error: $ZOOCFG cannot be read (allowed: a configuration with dataDir)." >&2
  exit 1
fi
data_dir="$(setting dataDir)"
log_dir="$(setting dataLogDir)"
if [ -z "$data_dir" ]; then
  echo "Error: $ZOOCFG names no dataDir." >&2
  exit 1
fi
if [ ! -f "$TYPEKEEPER_HOME/dist/cli/purgeTxnLog.js" ]; then
  echo "Error: TypeKeeper is not built in $TYPEKEEPER_HOME; zkServer.sh start does it." >&2
  exit 1
fi
find_node
exec "$NODE" "$TYPEKEEPER_HOME/dist/cli/purgeTxnLog.js" ${log_dir:+"$log_dir"} "$data_dir" "$@"
