#!/usr/bin/env bash
# Azurite for tests, Microsoft's emulator of Azure Blob Storage: the blob service alone, on loopback, from npm.
#
#   azurite.sh start    installs it where it is missing, then starts it
#   azurite.sh env      prints what `npm run test:servers` reads: eval "$(test/servers/azurite.sh env)"
#   azurite.sh stop     ends what `start` started; what is stored stays
#   azurite.sh remove   the same, and removes what is stored and installed
#
# LONGSHORE_AZURITE_HOME  where everything is kept; /var/tmp/longshore-azurite
# LONGSHORE_AZURITE_PORT  the port; a free one is taken when it is not set
set -euo pipefail

home="${LONGSHORE_AZURITE_HOME:-/var/tmp/longshore-azurite}"
run="$home/run" logs="$home/log" data="$home/data" app="$home/app"
# The last version for Node 20.
version=3.35.0
account=devstoreaccount1
# Azurite's own key, which its documentation publishes: no secret.
key='Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

name=azurite
. "$(dirname "$0")/processes.sh"

installed() {
  node -p 'require(process.argv[1]).version' "$app/node_modules/azurite/package.json" 2>/dev/null
}

install() {
  [ "$(installed)" = "$version" ] && return
  [ -f "$app/package.json" ] || echo '{ "private": true }' >"$app/package.json"
  (cd "$app" && npm install --no-audit --no-fund --loglevel=error --save-exact "azurite@$version") >"$logs/npm.log" 2>&1 ||
    { tail -n 20 "$logs/npm.log" >&2; fail "it could not be installed from npm"; }
}

answers() {
  node -e 'fetch(process.argv[1]).then(() => process.exit(0), () => process.exit(1))' "http://127.0.0.1:$azurite_port/$account?comp=list"
}

start() {
  mkdir -p "$run" "$logs" "$data" "$app"
  if is_running azurite; then
    echo "azurite: up already; see: $0 env"
    return
  fi
  install
  choose_ports "${LONGSHORE_AZURITE_PORT:-}" azurite
  . "$run/ports"
  start_server azurite node "$app/node_modules/azurite/dist/src/blob/main.js" \
    --blobHost 127.0.0.1 --blobPort "$azurite_port" --location "$data" --silent --disableTelemetry
  for _ in $(seq 300); do
    if answers; then
      echo "azurite: up at http://127.0.0.1:$azurite_port/$account, kept in $home"
      return
    fi
    is_running azurite || { tail -n 20 "$logs/azurite.log" >&2; fail "it ended; its log is $logs/azurite.log"; }
    sleep 0.2
  done
  stop >/dev/null
  fail "it does not answer; its log is in $logs"
}

stop() {
  stop_server azurite
  echo "azurite: stopped"
}

environment() {
  [ -s "$run/ports" ] && is_running azurite || fail "it does not run: $0 start"
  . "$run/ports"
  cat <<ENV
export LONGSHORE_AZURE_ENDPOINT=http://127.0.0.1:$azurite_port LONGSHORE_AZURE_KEY=$account LONGSHORE_AZURE_SECRET='$key'
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
