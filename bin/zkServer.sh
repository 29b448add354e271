#!/usr/bin/env bash
# Starts, stops and asks a server: the arguments, environment, messages and exit codes of ZooKeeper's script of this name.
# On a fresh machine it needs Node alone: `start` and `start-foreground` fetch the packages and compile when they must.

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

# A configuration file given as second word: a bare name stands in ZOOCFGDIR.
if [ -n "${2:-}" ]; then
  case "$2" in
    */*) ZOOCFG="$2" ;;
    *) ZOOCFG="$ZOOCFGDIR/$2" ;;
  esac
elif [ -z "$ZOOCFG_NAMED" ] && [ ! -f "$ZOOCFG" ]; then
  ZOOCFG="$ZOOCFGDIR/zoo_sample.cfg"
fi

main() {
  case "${1:-}" in
    start | start-foreground | stop | version | restart | status | print-cmd) ;;
    *) usage ;;
  esac
  echo "Using config: $ZOOCFG" >&2
  prepare_directories
  case "$1" in
    start) start ;;
    start-foreground) start_foreground ;;
    stop) stop ;;
    restart) restart ;;
    status) status ;;
    version) version ;;
    print-cmd) print_command ;;
  esac
}

usage() {
  echo "Usage: $0 [--config <conf-dir>] {start|start-foreground|stop|version|restart|status|print-cmd}" >&2
  exit 0
}

# The value of a key of the configuration, or of another file; nothing if it is not there.
setting() {
  [ -f "${2:-$ZOOCFG}" ] || return 0
  sed -n "s/^[[:space:]]*$1[[:space:]]*[=:][[:space:]]*//p" "${2:-$ZOOCFG}" | tail -n 1 | sed 's/[[:space:]]*$//'
}

prepare_directories() {
  data_dir="$(setting dataDir)"
  local log_dir
  log_dir="$(setting dataLogDir)"
  if [ -n "${ZOO_DATADIR_AUTOCREATE_DISABLE:-}" ]; then
    require_directory "data" "$data_dir"
    require_directory "txnlog" "${log_dir:-$data_dir}"
  elif [ -n "$data_dir" ]; then
    mkdir -p "$data_dir"
  fi
  mkdir -p "$ZOO_LOG_DIR"
  pid_file="${ZOOPIDFILE:-${data_dir:-$ZOO_LOG_DIR}/zookeeper_server.pid}"
  [ -n "${ZOOPIDFILE:-}" ] && mkdir -p "$(dirname "$ZOOPIDFILE")"
  output_file="$ZOO_LOG_DIR/zookeeper-${USER:-$(id -un)}-server-${HOSTNAME:-localhost}.out"
}

require_directory() {
  [ -d "$2/version-2" ] && return
  echo "ZooKeeper $1 directory is missing at $2 fix the path or run initialize"
  exit 1
}

start() {
  find_node
  build
  printf "Starting zookeeper ... "
  if [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; then
    echo "already running as process $(cat "$pid_file")."
    exit 1
  fi
  if ! : >"$output_file"; then
    echo "SERVER DID NOT START"
    exit 1
  fi
  server_command
  nohup "${command[@]}" >"$output_file" 2>&1 </dev/null &
  local pid=$!
  if ! printf "%s" "$pid" >"$pid_file"; then
    kill "$pid"
    echo "FAILED TO WRITE PID"
    exit 1
  fi
  sleep 1
  if ! kill -0 "$pid" 2>/dev/null; then
    echo "FAILED TO START"
    exit 1
  fi
  echo "STARTED"
}

start_foreground() {
  find_node
  build
  server_command
  [ -z "${ZOO_NOEXEC:-}" ] && exec "${command[@]}"
  "${command[@]}"
}

stop() {
  printf "Stopping zookeeper ... "
  if [ ! -f "$pid_file" ]; then
    echo "no zookeeper to stop (could not find file $pid_file)"
    return
  fi
  kill "$(cat "$pid_file")"
  rm "$pid_file"
  sleep 1
  echo "STOPPED"
}

restart() {
  (stop)
  sleep 3
  start
}

version() {
  local own
  own="$(sed -n 's/^ *"version": *"\(.*\)".*/\1/p' "$TYPEKEEPER_HOME/package.json" | head -n 1)"
  echo "Apache ZooKeeper, version 3.9.5 spoken by TypeKeeper $own"
}

print_command() {
  find_node
  server_command
  printf '"%s" ' "${command[@]}"
  echo "> \"$output_file\" 2>&1 < /dev/null"
}

# Sets `command`. The heap is Node's own choice unless ZK_SERVER_HEAP (megabytes) says otherwise.
server_command() {
  command=("$NODE")
  # Requests die young: in the megabyte that V8 begins with the collector copied what was still outstanding over and over, a
  # fifth of what a write costs. More than 16 gains nothing. No upper bound: as a flag it would go before the one that the disk's
  # thread has of its own. With any flag of V8 Node compiles its own modules anew, 25 ms of a start.
  command+=("--min-semi-space-size=16")
  # The tree lies outside of the heap, but V8 counts it as it grows and collected everything for a few MB of it: 14 times in 6 s
  # of creates. With this it is 4 times, and the 99th percentile of a create 6.4 ms instead of 9.0.
  command+=("--heap-growing-percent=300")
  [ -n "${ZK_SERVER_HEAP:-}" ] && command+=("--max-old-space-size=$ZK_SERVER_HEAP")
  command+=("$TYPEKEEPER_HOME/dist/main.js" "$ZOOCFG")
}

# Fetches the packages and compiles, if this is a source tree and something is missing or older than its source. What it
# prints goes to stderr: the first words on stdout are the script's own.
build() {
  is_built && return
  local lock="$TYPEKEEPER_HOME/dist/.building"
  mkdir -p "$TYPEKEEPER_HOME/dist"
  until mkdir "$lock" 2>/dev/null; do
    # Another start is building; one that was killed has left its lock behind.
    builder_lives || { sleep 1; builder_lives || rm -rf "$lock"; }
    sleep 0.2
  done
  echo "$$" >"$lock/pid"
  is_built || compile
  local rc=$?
  rm -rf "$lock"
  [ $rc -eq 0 ] && return
  echo "Error: TypeKeeper could not be built in $TYPEKEEPER_HOME." >&2
  exit 1
}

builder_lives() {
  kill -0 "$(cat "$TYPEKEEPER_HOME/dist/.building/pid" 2>/dev/null)" 2>/dev/null
}

is_built() {
  [ -d "$TYPEKEEPER_HOME/src" ] || return 0
  [ -d "$TYPEKEEPER_HOME/node_modules" ] && [ -f "$TYPEKEEPER_HOME/dist/main.js" ] || return 1
  local newer
  newer="$(cd "$TYPEKEEPER_HOME" && find src jute/src package.json tsconfig.json -type f \
    ! -name '*.test.ts' ! -name '*.md' -newer dist/main.js 2>/dev/null | head -n 1)"
  [ -z "$newer" ]
}

compile() (
  cd "$TYPEKEEPER_HOME" || exit 1
  PATH="$(dirname "$NODE"):$PATH"
  exec >&2
  if [ ! -d node_modules ]; then
    npm ci --ignore-scripts --include=dev --no-audit --no-fund || exit 1
  fi
  # `src` and what it refers to: the server without its tests. The compiler leaves an output alone that would not change,
  # and writes outputs in spite of errors: those must not pass for a build the next time.
  node_modules/.bin/tsc -b src && touch -c dist/main.js && [ -f dist/main.js ] && return
  # The compiler would trust its record of the outputs and not write this one again.
  rm -f dist/main.js dist/*.tsbuildinfo
  return 1
)

status() {
  find_node
  local address port
  find_client_port
  echo "Client port found: $port. Client address: $address. Client SSL: $secure."
  local mode
  mode="$("$NODE" -e "$ASK_SRVR" "$address" "$port" 2>/dev/null | grep Mode)"
  if [ -z "$mode" ]; then
    echo "Error contacting service. It is probably not running."
    exit 1
  fi
  echo "$mode"
}

# Sets address, port and secure from the configuration, the server line of myid, or the dynamic configuration.
find_client_port() {
  secure=false
  address="$(setting clientPortAddress)"
  port="$(setting clientPort)"
  [ -z "$port" ] && find_server_line
  if [ -z "$port" ]; then
    echo "Client port not found. Looking for secureClientPort in the static config."
    port="$(setting secureClientPort)"
    address="$(setting secureClientPortAddress)"
    secure=true
  fi
  if [ -z "$port" ]; then
    echo "Unable to find either secure or unsecure client port in any configs. Terminating."
    exit 1
  fi
  address="${address:-localhost}"
}

find_server_line() {
  local myid client
  myid="$(head -n 1 "$data_dir/myid" 2>/dev/null)"
  if [ -z "$myid" ]; then
    echo "myid could not be determined, will not able to locate clientPort in the server configs."
    return
  fi
  client="$(client_part "$myid" "$ZOOCFG")"
  if [ -z "$client" ]; then
    echo "Client port not found in static config file. Looking in dynamic config file."
    client="$(client_part "$myid" "$(setting dynamicConfigFile)")"
  fi
  if [ -z "$client" ]; then
    echo "Client port not found in the server configs"
    return
  fi
  port="${client##*:}"
  case "$client" in
    *:*) address="$(printf "%s" "${client%:*}" | tr -d '[]')" ;;
  esac
}

# What stands after `;` in the line of a server.
client_part() {
  [ -n "$2" ] && setting "server\.$1" "$2" | sed -n 's/^[^;]*;//p'
}

ASK_SRVR='const [, host, port] = process.argv;
const socket = require("node:net").connect(Number(port), host, () => socket.write("srvr"));
socket.setTimeout(5000, () => socket.destroy());
socket.on("error", () => process.exit(1));
socket.pipe(process.stdout);'

main "$@"
