# For the scripts of servers beside it, which source it: packages of Debian, and processes that outlive the script.
# It wants `name` (for messages), `home`, `run` and `logs` (folders) to be set.

fail() {
  echo "$name: $*" >&2
  exit 1
}

# Installs the packages that are missing. Only root can.
install_missing() { # package...
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "these Debian packages are missing, and only root can install them: ${missing[*]}"
  apt-get update -qq
  # A run level of 1 keeps the packages from starting servers of their own.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$logs/apt.log" 2>&1 ||
    { tail -n 20 "$logs/apt.log" >&2; fail "the packages could not be installed"; }
}

# Writes `NAME_port=NUMBER` for each name into $run/ports. The first port is the wanted one, unless that is empty. Ports lie
# below those that the system gives to outgoing connections, so that none of those takes one meanwhile.
choose_ports() { # wanted name...
  python3 - "$@" >"$run/ports" <<'PYTHON' || fail "port $1 cannot be used"
import random, socket, sys
wanted, names = sys.argv[1], sys.argv[2:]
held = []
for name in names:
    while True:
        port = int(wanted) if wanted and name == names[0] else random.randrange(20000, 32000)
        each = socket.socket()
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            each.bind(("127.0.0.1", port))
        except OSError as error:
            if wanted and name == names[0]:
                sys.exit(f"port {port}: {error.strerror}")
            continue
        held.append(each)
        print(f"{name}_port={port}")
        break
PYTHON
}

# When a process was started, in the kernel's ticks: together with its number it names a process for good.
started() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

is_running() { # server
  local pid since
  [ -s "$run/$1.pid" ] || return 1
  read -r pid since <"$run/$1.pid"
  [ -n "$since" ] && [ "$(started "$pid")" = "$since" ]
}

start_server() { # server command...
  local server="$1" pid
  shift
  is_running "$server" && return
  # A session of its own, so that all its workers can be ended together, and none of the caller's descriptors (locks, pipes).
  (
    for descriptor in /proc/self/fd/*; do
      descriptor="${descriptor##*/}"
      [ "$descriptor" -gt 2 ] && eval "exec $descriptor>&-" 2>/dev/null
    done
    cd "$home" && exec setsid "$@"
  ) </dev/null >>"$logs/$server.log" 2>&1 &
  pid=$!
  echo "$pid $(started "$pid")" >"$run/$server.pid"
}

stop_server() { # server
  local pid since
  if is_running "$1"; then
    read -r pid since <"$run/$1.pid"
    kill -TERM "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
      is_running "$1" || break
      sleep 0.1
    done
    is_running "$1" && kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$run/$1.pid"
}

# Prints the script's own head, for who called it in another way.
usage() {
  sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0" >&2
  exit 2
}
