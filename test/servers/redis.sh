#!/usr/bin/env bash
# Redis for tests, on loopback, set up as a queue needs it: an append-only file, and noeviction. Nothing is anonymous: the
# user longshore has the rights that docs/several-machines.md gives it, and the user admin all of them.
#
#   redis.sh start    installs Debian's package where it is missing (as root), then starts it
#   redis.sh env      prints what `npm run test:servers` reads: eval "$(test/servers/redis.sh env)"
#   redis.sh stop     ends what `start` started; what is stored stays
#   redis.sh remove   the same, and removes what is stored
#
# LONGSHORE_REDIS_HOME       where everything is kept; /var/tmp/longshore-redis
# LONGSHORE_REDIS_PORT       the port; a free one is taken when it is not set
# LONGSHORE_REDIS_MAXMEMORY  256mb
set -euo pipefail

home="${LONGSHORE_REDIS_HOME:-/var/tmp/longshore-redis}"
run="$home/run" logs="$home/log" data="$home/data" conf="$home/redis.conf"
# For tests on loopback: no secrets.
password=longshore-test admin_password=admin-test

name=redis
. "$(dirname "$0")/processes.sh"

configure() {
  cat >"$conf" <<CONF
bind 127.0.0.1
port $redis_port
dir "$data"
daemonize no
save ""
appendonly yes
appendfsync everysec
maxmemory ${LONGSHORE_REDIS_MAXMEMORY:-256mb}
maxmemory-policy noeviction
user default off
user longshore on >$password ~longshore:* &longshore:* +@all -@admin -@dangerous +info +client
user admin on >$admin_password ~* &* +@all
CONF
}

answers() {
  redis-cli -h 127.0.0.1 -p "$redis_port" --user longshore --pass "$password" --no-auth-warning ping 2>/dev/null | grep -q PONG
}

start() {
  mkdir -p "$run" "$logs" "$data"
  if is_running redis; then
    echo "redis: up already; see: $0 env"
    return
  fi
  install_missing redis-server
  choose_ports "${LONGSHORE_REDIS_PORT:-}" redis
  . "$run/ports"
  configure
  start_server redis redis-server "$conf"
  for _ in $(seq 150); do
    if answers; then
      echo "redis: up at redis://127.0.0.1:$redis_port, kept in $home"
      return
    fi
    is_running redis || { tail -n 20 "$logs/redis.log" >&2; fail "it ended; its log is $logs/redis.log"; }
    sleep 0.2
  done
  stop >/dev/null
  fail "it does not answer; its log is in $logs"
}

stop() {
  stop_server redis
  echo "redis: stopped"
}

environment() {
  [ -s "$run/ports" ] && is_running redis || fail "it does not run: $0 start"
  . "$run/ports"
  cat <<ENV
export LONGSHORE_REDIS_URL=redis://127.0.0.1:$redis_port LONGSHORE_REDIS_USER=longshore LONGSHORE_REDIS_PASSWORD=$password LONGSHORE_REDIS_ADMIN=admin LONGSHORE_REDIS_ADMIN_PASSWORD=$admin_password
ENV
}

case "${1:-}" in
  start) start ;;
  env) environment ;;
  stop) stop ;;
  remove)
    stop
    rm -rf "$home"
    ;;
  *) usage ;;
esac
