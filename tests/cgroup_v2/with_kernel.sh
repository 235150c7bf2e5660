#!/usr/bin/env bash
# Runs a command, of words without spaces, on a kernel that has control groups of version 2 and nothing of
# version 1: Debian's user-mode Linux, which is a program like any other and needs no privilege.
#
# The command is root there, and sees this machine's files read-only; what it writes goes to memory. The kernel
# is fetched with apt into build/cgroup_v2, once; where that cannot be done, the command does not run, and this
# script says so and succeeds.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD/build/cgroup_v2
kernel=$root/usr/bin/linux.uml

fetch() {
  [ ! -x "$kernel" ] || return 0
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  mkdir -p "$root"
  (cd "$root" && apt-get download -qq user-mode-linux 2>/dev/null && dpkg -x user-mode-linux_*.deb . && rm user-mode-linux_*.deb)
}

# That kernel has overlays as a module, which is loaded without a program that this machine may lack.
load_overlays() {
  python3 - "$(find "$root/usr/lib/uml/modules" -name overlay.ko)" <<'END'
import ctypes
import os
import sys

FINIT_MODULE = 313
sys.exit(ctypes.CDLL(None).syscall(FINIT_MODULE, os.open(sys.argv[1], os.O_RDONLY), b"", 0) != 0)
END
}

# What the kernel starts with; its arguments after -- are the command.
if [ "$$" = 1 ]; then
  exec >/dev/tty0 2>&1 </dev/null
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
  checkout=$PWD
  for folder in /tmp /run /var/tmp; do mount -t tmpfs tmpfs "$folder"; done
  # A checkout below one of these is covered now; the folder that this shell stands in still is it.
  [ -d "$checkout" ] || { mkdir -p "$checkout" && mount --no-canonicalize --bind /proc/self/cwd "$checkout" && cd "$checkout"; }
  mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mkdir /sys/fs/cgroup/session
  echo 1 >/sys/fs/cgroup/session/cgroup.procs
  ip link set lo up || true
  export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/tmp PYTHONDONTWRITEBYTECODE=1 NO_COLOR=1
  load_overlays || echo "no overlays: they are not in the kernel, and their module cannot be loaded" >&2
  status=0
  "$@" || status=$?
  echo "exit status $status"
  halt -f 2>/dev/null
fi

fetch || { echo "not run: user-mode Linux, a kernel with control groups of version 2, comes with Debian only" >&2; exit 0; }
# That kernel's memory is a file there.
work=$(mktemp -d --tmpdir=/dev/shm 2>/dev/null || mktemp -d)
pid=""
# Each process of that kernel is a process here, all of one group.
stop() {
  [ -z "$pid" ] || kill -KILL -- "-$pid" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 143' TERM INT
# There before it is read.
: >"$work/log"
set -m
TMPDIR=$work "$kernel" root=/dev/root rootfstype=hostfs rootflags=/ console=tty0 ro quiet \
  mem="${REPODOJO_KERNEL_MEMORY:-2500M}" uml_dir="$work" con=null con0=null,fd:1 \
  init="$PWD/tests/cgroup_v2/with_kernel.sh" -- "$@" </dev/null >"$work/log" 2>&1 &
pid=$!
tail --pid="$pid" -n +1 -f "$work/log" &
wait "$pid" || true
wait
status=$(sed -n 's/^exit status \([0-9]*\).*/\1/p' "$work/log" | tail -n 1)
exit "${status:-1}"
