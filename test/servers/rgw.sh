#!/usr/bin/env bash
# Ceph's object gateway (RGW) for tests, on loopback: one monitor, one OSD, whose objects live in its memory, and the
# gateway, with its S3 and its Swift API on one port.
#
#   rgw.sh start    installs Debian's packages where they are missing (as root), then starts all servers
#   rgw.sh env      prints what `npm run test:servers` reads: eval "$(test/servers/rgw.sh env)"
#   rgw.sh quota CONTAINER BYTES|off   limits what a container may hold
#   rgw.sh stop     ends what `start` started; what is stored is lost with it
#   rgw.sh remove   the same, and removes the folder
#
# LONGSHORE_RGW_HOME  where everything is kept; /var/tmp/longshore-rgw
# LONGSHORE_RGW_PORT  the port of both APIs; a free one is taken when it is not set
set -euo pipefail

home="${LONGSHORE_RGW_HOME:-/var/tmp/longshore-rgw}"
run="$home/run" logs="$home/log" conf="$home/ceph.conf"
name=rgw script="$(realpath "$0")"
. "$(dirname "$0")/processes.sh"
packages="ceph-mon ceph-osd radosgw ceph-common curl python3"
key=longshore-access secret=longshore-secret
user=tester swift_user="tester:swift" swift_secret=testing
cluster="5f0c3a52-7d0e-4f6b-9b57-6c6f6e677369" disk="7c1d3d5e-0000-4000-8000-000000000002"
# In this order they are started: each needs the one before it.
servers="monitor osd gateway"

# --- configuration ----------------------------------------------------------------------------------------------------

configure() {
  cat >"$conf" <<CONF
[global]
fsid = $cluster
mon_initial_members = a
mon_host = [v2:127.0.0.1:$monitor_port,v1:127.0.0.1:$monitor_v1_port]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_supported = none
auth_allow_insecure_global_id_reclaim = false
ms_mon_client_mode = crc secure
run_dir = $run
admin_socket = $run/\$name.\$pid.asok
pid_file =
log_file = $logs/\$name.log
log_to_syslog = false
mon_cluster_log_file = $logs/cluster.log
crash_dir = $home/crash
keyring = $home/keyring
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 2000
mon_data_avail_crit = 1
mon_data_avail_warn = 2
debug_ms = 0/0
debug_osd = 0/0
debug_mon = 0/0
debug_rgw = 0/0
[mon.a]
host = localhost
mon_data = $home/monitor
[osd.0]
host = localhost
osd_data = $home/osd
osd_objectstore = memstore
memstore_device_bytes = 8589934592
osd_op_num_shards = 2
osd_op_num_threads_per_shard = 2
osd_max_object_name_len = 2048
[client.rgw]
host = localhost
rgw_data = $home/gateway
# Its default, "secure" alone, cannot be had without authentication, and the gateway would wait for it at its start.
ms_mon_client_mode = crc secure
rgw_frontends = beast endpoint=127.0.0.1:$gateway_port tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_enable_usage_log = false
rgw_enable_ops_log = false
rgw_run_sync_thread = false
rgw_swift_account_in_url = true
CONF
}

# --- processes --------------------------------------------------------------------------------------------------------

# What `command` says goes to a log of its own, which is shown when it fails.
must() { # what command...
  local what="$1"
  shift
  timeout 120 "$@" >>"$logs/set-up.log" 2>&1 || { tail -n 20 "$logs"/*.log >&2; stop >/dev/null; fail "$what failed; its log is $logs/set-up.log"; }
}

admin() { must "radosgw-admin $1 $2" radosgw-admin -c "$conf" -n client.rgw "$@"; }

wait_until() { # what server command...
  local what="$1" server="$2"
  shift 2
  for _ in $(seq 300); do
    if "$@"; then return; fi
    is_running "$server" || break
    sleep 0.2
  done
  tail -n 20 "$logs"/*.log >&2
  stop >/dev/null
  fail "$what; the logs are in $logs"
}

monitor_answers() { timeout 10 ceph -c "$conf" --connect-timeout 5 mon stat >/dev/null 2>&1; }

osd_is_up() { timeout 10 ceph -c "$conf" --connect-timeout 5 osd stat 2>/dev/null | grep -q '1 up'; }

answers() { curl -sf -m 10 -o /dev/null -H "X-Auth-User: $swift_user" -H "X-Auth-Key: $swift_secret" "http://127.0.0.1:$gateway_port/auth/v1.0"; }

is_listening() { curl -s -m 10 -o /dev/null "http://127.0.0.1:$gateway_port/"; }

start() {
  if is_running gateway && is_running osd && is_running monitor; then
    echo "rgw: up already; see: $0 env"
    return
  fi
  [ ! -d "$home" ] || stop >/dev/null
  # What an OSD in memory held is gone with it: the cluster begins with nothing.
  rm -rf "$home/monitor" "$home/osd" "$home/gateway" "$home/keyring" "$run" "$logs"
  mkdir -p "$run" "$logs" "$home/monitor" "$home/osd" "$home/gateway"
  # shellcheck disable=SC2086 # words
  install_missing $packages
  choose_ports "${LONGSHORE_RGW_PORT:-}" gateway monitor monitor_v1
  . "$run/ports"
  configure
  must ceph-authtool ceph-authtool --create-keyring "$home/keyring" --gen-key -n mon. --cap mon 'allow *'
  must monmaptool monmaptool --create --clobber --fsid "$cluster" \
    --addv a "[v2:127.0.0.1:$monitor_port,v1:127.0.0.1:$monitor_v1_port]" "$home/monmap"
  must 'ceph-mon --mkfs' ceph-mon -c "$conf" --mkfs -i a --monmap "$home/monmap" --keyring "$home/keyring"
  start_server monitor ceph-mon -c "$conf" -i a -f
  wait_until 'the monitor does not answer' monitor monitor_answers
  must 'ceph osd new' ceph -c "$conf" osd new "$disk" 0
  must 'ceph-osd --mkfs' ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$disk"
  start_server osd ceph-osd -c "$conf" -i 0 -f
  wait_until 'the OSD does not come up' osd osd_is_up
  start_server gateway radosgw -c "$conf" -n client.rgw -f
  wait_until 'the gateway does not listen' gateway is_listening
  admin user create --uid="$user" --display-name="$user" --access-key="$key" --secret-key="$secret"
  admin subuser create --uid="$user" --subuser="$swift_user" --access=full
  admin key create --subuser="$swift_user" --key-type=swift --secret-key="$swift_secret"
  wait_until 'the gateway does not answer' gateway answers
  echo "rgw: up at http://127.0.0.1:$gateway_port, kept in $home"
}

stop() {
  local server
  for server in $(tr ' ' '\n' <<<"$servers" | tac); do stop_server "$server"; done
  echo "rgw: stopped"
}

environment() {
  [ -s "$run/ports" ] && is_running gateway || fail "it does not run: $0 start"
  . "$run/ports"
  cat <<ENV
export LONGSHORE_RGW_S3_ENDPOINT=http://127.0.0.1:$gateway_port LONGSHORE_RGW_S3_PROFILE="ceph auto generic" LONGSHORE_RGW_S3_REGION=us-east-1
export LONGSHORE_RGW_S3_KEY=$key LONGSHORE_RGW_S3_SECRET=$secret
export LONGSHORE_RGW_SWIFT_AUTH_URL=http://127.0.0.1:$gateway_port/auth/v1.0
export LONGSHORE_RGW_SWIFT_KEY=$swift_user LONGSHORE_RGW_SWIFT_SECRET=$swift_secret
export LONGSHORE_RGW_S3_QUOTA="LONGSHORE_RGW_HOME='$home' '$script' quota" LONGSHORE_RGW_SWIFT_QUOTA="LONGSHORE_RGW_HOME='$home' '$script' quota"
ENV
}

quota() { # container bytes|off
  if [ "$2" = off ]; then
    admin quota disable --quota-scope=bucket --bucket="$1"
  else
    admin quota set --quota-scope=bucket --bucket="$1" --max-size="$2"
    admin quota enable --quota-scope=bucket --bucket="$1"
  fi
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
