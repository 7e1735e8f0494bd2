#!/usr/bin/env bash
# A host of its own for tests of units and packages: systemd as the first process of private namespaces, over a throw-away
# copy of this machine's files, or over the root that is named, which then keeps what happens. The network is this machine's.
#
#   host.sh start [ROOT]    boots it; STATE is a folder that does not exist yet, for what belongs to it
#   host.sh exec COMMAND... runs a command inside
#   host.sh root            prints the path of its files, seen from outside
#   host.sh stop            ends it, and removes STATE
#
# There is no D-Bus inside: no systemd-run; systemctl and journalctl work.
set -euo pipefail
: "${STATE:?names a folder}"

# Inside the namespaces, before systemd.
prepare() { # ROOT or nothing
  mount --make-rprivate /
  local root="${1:-}"
  if [ -z "$root" ]; then
    mkdir "$STATE/store" "$STATE/root"
    # In memory: the disk below may be an overlay itself, which cannot be the upper one of another.
    mount -t tmpfs -o mode=755 store "$STATE/store"
    mkdir "$STATE/store/upper" "$STATE/store/work"
    root="$STATE/root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$STATE/store/upper,workdir=$STATE/store/work" "$root"
  else
    mount --bind "$root" "$root" # systemd takes nothing but a mount for its root
  fi
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=755 run "$root/run"
  mount -t tmpfs -o mode=1777 tmp "$root/tmp"
  # What belongs to the machine and not to a test of one service.
  mkdir -p "$root/run/systemd/system"
  local unit
  for unit in systemd-tmpfiles-setup.service systemd-tmpfiles-clean.timer systemd-tmpfiles-setup-dev.service \
    systemd-tmpfiles-setup-dev-early.service systemd-udevd.service systemd-udev-trigger.service \
    systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-networkd.service systemd-networkd.socket \
    systemd-resolved.service systemd-timesyncd.service systemd-sysctl.service systemd-modules-load.service \
    systemd-remount-fs.service systemd-random-seed.service getty.target dev-hugepages.mount dev-mqueue.mount \
    sys-kernel-debug.mount sys-kernel-tracing.mount; do
    ln -s /dev/null "$root/run/systemd/system/$unit"
  done
  printf '[Unit]\nDescription=Host for tests\n' >"$root/run/systemd/system/host.target"
  # systemd 257 refuses the old control groups, which some containers have, unless it is made to take them.
  local force=
  [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] ||
    force='systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1'
  exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=test LANG=C.UTF-8 \
    ${force:+"SYSTEMD_PROC_CMDLINE=$force"} /lib/systemd/systemd --system --unit=host.target --log-target=journal --show-status=0
}

start() { # ROOT or nothing
  mkdir -p "$STATE"
  unshare --fork --pid --mount --uts --ipc --cgroup "$0" prepare "${1:-}" >"$STATE/log" 2>&1 </dev/null &
  local parent=$! child= state=
  for _ in $(seq 300); do
    child="$(ps -o pid= --ppid "$parent" | tr -d ' ')" || true
    if [ -n "$child" ]; then
      echo "$child" >"$STATE/pid"
      state="$(inside systemctl is-system-running 2>/dev/null)" || true
      case "$state" in running | degraded) return ;; esac
    fi
    sleep 0.2
  done
  echo "systemd did not come up:" >&2
  cat "$STATE/log" >&2
  stop
  exit 1
}

pid() { cat "$STATE/pid"; }

inside() {
  nsenter -t "$(pid)" --mount --pid --uts --ipc --cgroup --root --wd="/proc/$(pid)/root" -- "$@"
}

# Its end is that of all processes in it.
stop() {
  if [ -s "$STATE/pid" ]; then
    kill -9 "$(pid)" 2>/dev/null || true
    while kill -0 "$(pid)" 2>/dev/null; do sleep 0.1; done
  fi
  rm -rf "$STATE"
}

case "${1:-}" in
  start) start "${2:-}" ;;
  prepare) prepare "${2:-}" ;;
  exec) shift && inside "$@" ;;
  root) echo "/proc/$(pid)/root" ;;
  stop) stop ;;
  *)
    sed -n '2,11p' "$0" >&2
    exit 2
    ;;
esac
