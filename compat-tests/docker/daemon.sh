#!/usr/bin/env bash
# Prints the DOCKER_HOST of an engine that answers. When none does, installs one (as root, Debian) and starts it on a socket of its own,
# to be ended by `daemon.sh stop`. Usage: daemon.sh start | stop
set -euo pipefail
# A short path: the daemon's own sockets lie deeper, and a socket's path ends at 107 bytes.
dir=${TYPEKEEPER_DOCKER:-/tmp/typekeeper-docker}
own=unix://$dir/docker.sock

answers() { DOCKER_HOST=$1 docker info >/dev/null 2>&1; }

start() {
  if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends docker.io iptables iproute2; } >&2
  fi
  for host in "${DOCKER_HOST:-unix:///var/run/docker.sock}" "$own"; do
    if answers "$host"; then echo "$host"; return; fi
  done
  mkdir -p "$dir"
  rm -f "$dir/docker.pid" "$dir/docker.sock"
  setsid dockerd --host "$own" --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/docker.pid" \
    >"$dir/dockerd.log" 2>&1 </dev/null &
  for _ in $(seq 150); do
    if answers "$own"; then echo "$own"; return; fi
    kill -0 $! 2>/dev/null || break
    sleep 0.2
  done
  tail -50 "$dir/dockerd.log" >&2
  exit 1
}

stop() {
  [ -f "$dir/docker.pid" ] || return 0
  pid=$(cat "$dir/docker.pid")
  kill "$pid" 2>/dev/null || return 0
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || return 0; sleep 0.1; done
}

"$1"
