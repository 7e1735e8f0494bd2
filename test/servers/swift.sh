#!/usr/bin/env bash
# OpenStack Swift for tests, on loopback: one of each server, one device, its own API and the S3 API on one port.
#
#   swift.sh start    installs Debian's packages where they are missing (as root), then starts all servers
#   swift.sh env      prints what `npm run test:servers` reads: eval "$(test/servers/swift.sh env)"
#   swift.sh quota CONTAINER BYTES|off   limits what a container may hold
#   swift.sh stop     ends what `start` started; what is stored stays
#   swift.sh remove   the same, and removes what is stored
#
# LONGSHORE_SWIFT_HOME  where everything is kept, on a file system with extended attributes; /var/tmp/longshore-swift
# LONGSHORE_SWIFT_PORT  the port of both APIs; free ones are taken when it is not set
set -euo pipefail

home="${LONGSHORE_SWIFT_HOME:-/var/tmp/longshore-swift}"
etc="$home/etc" run="$home/run" logs="$home/log" disks="$home/disks" cache="$home/cache"
packages="swift-proxy swift-account swift-container swift-object memcached curl"
user="test:tester" stranger="test:stranger" secret="testing"
# In this order they are started; the proxy comes last because it answers only with the others behind it.
servers="memcached account container object object-updater container-updater proxy"

name=swift script="$(realpath "$0")"
. "$(dirname "$0")/processes.sh"

# --- configuration ----------------------------------------------------------------------------------------------------

check_attributes() {
  touch "$disks/d1/probe"
  python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.longshore", b"1")' "$disks/d1/probe" 2>/dev/null ||
    fail "the file system of $home keeps no extended attributes; set LONGSHORE_SWIFT_HOME to a folder of another"
  rm -f "$disks/d1/probe"
}

# Patient servers: on a small, busy machine a hurried container update is put off, and a listing then lags behind.
storage_server() { # name port workers
  cat >"$etc/$1-server.conf" <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
workers = $3
user = $(id -un)
swift_dir = $etc
devices = $disks
mount_check = false
fallocate_reserve = 0
log_level = WARNING
container_update_timeout = 60
node_timeout = 60
conn_timeout = 20
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
[$1-updater]
recon_cache_path = $cache
interval = 5
concurrency = 1
node_timeout = 60
conn_timeout = 20
[$1-replicator]
recon_cache_path = $cache
CONF
  (
    cd "$etc"
    rm -f "$1".builder "$1".ring.gz
    swift-ring-builder "$1.builder" create 4 1 1
    swift-ring-builder "$1.builder" add "r1z1-127.0.0.1:$2/d1" 1
    swift-ring-builder "$1.builder" rebalance
  ) >"$logs/ring-$1.log" 2>&1 || fail "the ring of the $1 server could not be built: see $logs/ring-$1.log"
}

proxy_server() {
  cat >"$etc/proxy-server.conf" <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $proxy_port
workers = 2
user = $(id -un)
swift_dir = $etc
log_level = WARNING
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk tempurl s3api tempauth copy container-quotas account-quotas slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
node_timeout = 60
recoverable_node_timeout = 60
conn_timeout = 20
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$memcached_port
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
dns_compliant_bucket_names = true
[filter:tempauth]
use = egg:swift#tempauth
user_${user/:/_} = $secret .admin
# May use the account, but only those of its containers that let it in.
user_${stranger/:/_} = $secret
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
$(for filter in catch_errors gatekeeper healthcheck listing_formats bulk tempurl copy container-quotas account-quotas slo dlo symlink; do
    printf '[filter:%s]\nuse = egg:swift#%s\n' "$filter" "${filter/-/_}"
  done)
CONF
}

configure() {
  cat >"$etc/swift.conf" <<CONF
[swift-hash]
swift_hash_path_prefix = longshore
swift_hash_path_suffix = longshore
[storage-policy:0]
name = single
default = yes
CONF
  storage_server account "$account_port" 0
  storage_server container "$container_port" 0
  storage_server object "$object_port" 2
  proxy_server
}

# --- processes --------------------------------------------------------------------------------------------------------

command_of() { # server
  case "$1" in
    memcached) echo memcached -l 127.0.0.1 -p "$memcached_port" -U 0 -m 64 -u "$(id -un)" ;;
    *-updater) echo "swift-$1" "$etc/${1%-updater}-server.conf" -v ;;
    *) echo "swift-$1-server" "$etc/$1-server.conf" -v ;;
  esac
}

answers() {
  # The whole way through: a token from memcached, an account from the account server.
  curl -sf -m 10 -o /dev/null -H "$(token)" "http://127.0.0.1:$proxy_port/v1/AUTH_test?limit=1"
}

start() {
  mkdir -p "$etc" "$run" "$logs" "$cache" "$disks/d1"
  if is_running proxy; then
    echo "swift: up already; see: $0 env"
    return
  fi
  stop >/dev/null
  # shellcheck disable=SC2086 # words
  install_missing $packages
  choose_ports "${LONGSHORE_SWIFT_PORT:-}" proxy account container object memcached
  . "$run/ports"
  check_attributes
  configure
  local server
  # shellcheck disable=SC2046 # words are what command_of gives
  for server in $servers; do start_server "$server" $(command_of "$server"); done
  for _ in $(seq 300); do
    if answers; then
      echo "swift: up at http://127.0.0.1:$proxy_port, kept in $home"
      return
    fi
    for server in $servers; do is_running "$server" || { tail -n 20 "$logs/$server.log" >&2; stop >/dev/null; fail "$server ended; its log is $logs/$server.log"; }; done
    sleep 0.2
  done
  tail -n 5 "$logs"/*.log >&2
  stop >/dev/null
  fail "it does not answer; its logs are in $logs"
}

stop() {
  local server
  for server in $(tr ' ' '\n' <<<"$servers" | tac); do stop_server "$server"; done
  echo "swift: stopped"
}

environment() {
  [ -s "$run/ports" ] && is_running proxy || fail "it does not run: $0 start"
  . "$run/ports"
  cat <<ENV
export LONGSHORE_SWIFT_AUTH_URL=http://127.0.0.1:$proxy_port/auth/v1.0 LONGSHORE_SWIFT_KEY=$user LONGSHORE_SWIFT_SECRET=$secret
export LONGSHORE_SWIFT_STRANGER_KEY=$stranger LONGSHORE_SWIFT_STRANGER_SECRET=$secret
export LONGSHORE_S3_ENDPOINT=http://127.0.0.1:$proxy_port LONGSHORE_S3_PROFILE=swift-s3api LONGSHORE_S3_REGION=us-east-1
export LONGSHORE_S3_KEY=$user LONGSHORE_S3_SECRET=$secret
export LONGSHORE_SWIFT_DISKS='$disks' LONGSHORE_S3_DISKS='$disks'
export LONGSHORE_SWIFT_QUOTA="LONGSHORE_SWIFT_HOME='$home' '$script' quota" LONGSHORE_S3_QUOTA="LONGSHORE_SWIFT_HOME='$home' '$script' quota"
ENV
}

token() {
  curl -sf -m 10 -o /dev/null -D - -H "X-Auth-User: $user" -H "X-Auth-Key: $secret" "http://127.0.0.1:$proxy_port/auth/v1.0" |
    tr -d '\r' | grep -i '^x-auth-token:'
}

quota() { # container bytes|off
  . "$run/ports"
  local limit="X-Container-Meta-Quota-Bytes: $2"
  [ "$2" != off ] || limit="X-Remove-Container-Meta-Quota-Bytes: yes"
  curl -sf -m 10 -o /dev/null -X POST -H "$(token)" -H "$limit" \
    "http://127.0.0.1:$proxy_port/v1/AUTH_test/$1" || fail "the quota of $1 could not be set"
}

case "${1:-}" in
  start) start ;;
  env) environment ;;
  quota) quota "$2" "$3" ;;
  stop) stop ;;
  remove)
    stop
    rm -rf "$home"
    ;;
  *) usage ;;
esac
