#!/usr/bin/env bash
# Sourced by the scripts beside it: where the files are, which Node runs them, what the environment asks for.
# Expects ZOOBINDIR. Sets TYPEKEEPER_HOME, ZOOCFGDIR, ZOOCFG (a path), ZOO_LOG_DIR, SERVER_JVMFLAGS, and NODE by find_node.

TYPEKEEPER_HOME="$(cd "$ZOOBINDIR/.." && pwd)"

# A configuration that nobody named may be missing: the sample stands in (see zkServer.sh).
ZOOCFG_NAMED="${ZOOCFGDIR:-}"
if [ -z "${ZOOCFGDIR:-}" ]; then
  ZOOCFGDIR="$TYPEKEEPER_HOME/conf"
  [ -d "$ZOOCFGDIR" ] || ZOOCFGDIR="$TYPEKEEPER_HOME/etc/zookeeper"
fi

# shellcheck source=/dev/null
[ -f "$ZOOCFGDIR/zookeeper-env.sh" ] && . "$ZOOCFGDIR/zookeeper-env.sh"

ZOOCFG_NAMED="$ZOOCFG_NAMED${ZOOCFG:-}"
ZOOCFG="$ZOOCFGDIR/${ZOOCFG:-zoo.cfg}"

# shellcheck source=/dev/null
[ -f "$ZOOCFGDIR/java.env" ] && . "$ZOOCFGDIR/java.env"

ZOO_LOG_DIR="${ZOO_LOG_DIR:-$TYPEKEEPER_HOME/logs}"

# The server reads the -D words of this one variable; a later word wins, as on Java's command line.
export SERVER_JVMFLAGS="${ZOO_DATADIR_AUTOCREATE_DISABLE:+-Dzookeeper.datadir.autocreate=false }${SERVER_JVMFLAGS:-} ${JVMFLAGS:-}"

is_supported_node() {
  [ -x "$1" ] && "$1" -e 'const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null
}

# Sets NODE to the first Node that is new enough; ends the script if there is none.
find_node() {
  local candidate
  for candidate in "${NODE:-}" "${NODE_HOME:+$NODE_HOME/bin/node}" "$(type -P node)" \
    "${HOME:-}"/.nvm/versions/node/*/bin/node "${HOME:-}/.volta/bin/node"; do
    if [ -n "$candidate" ] && is_supported_node "$candidate"; then
      NODE="$candidate"
      return
    fi
  done
  echo "Error: Node 20.19 or newer could not be found in NODE, NODE_HOME or PATH." >&2
  exit 1
}
