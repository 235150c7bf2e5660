#!/usr/bin/env bash
# Runs a command, whose first word is a Python with the docker package, with a Docker engine and a base image.
#
# An engine that answers is used as it is. Else, as root, one is started for the command alone, and installed
# first where this is Debian; its data stays in build/docker, so that the image is made once. Elsewhere the
# command runs without, and its Docker tests skip. REPODOJO_DOCKER_IMAGE names a base image to use instead of
# the one made here from the packages of this machine's own release.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=$1
root=$PWD/build/docker
release=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
image=repodojo/test-base:$release
engine=""

without() {
  echo "no Docker engine: $1; the Docker tests skip" >&2
  unset REPODOJO_DOCKER_IMAGE
  exec "${command[@]}"
}

answers() {
  "$python" -c 'import docker; docker.from_env(timeout=10).ping()' 2>/dev/null
}

install() {
  local missing=""
  for pair in dockerd:docker.io debootstrap:debootstrap; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
  done
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || return 1
  echo "installing:$missing"
  # shellcheck disable=SC2086 # several words
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $missing >/dev/null
}

stop() {
  [ -z "$engine" ] || { kill "$engine" && wait "$engine"; } 2>/dev/null || true
  # Containers on the host's network leave a mount.
  umount "$state"/exec/netns/* 2>/dev/null || true
  rm -rf "$state"
}

start() {
  mkdir -p "$root"
  state=$(mktemp -d /tmp/repodojo-engine.XXXXXX)
  trap stop EXIT
  export DOCKER_HOST=unix://$state/docker.sock
  dockerd --iptables=false --ip6tables=false --bridge=none --exec-opt native.cgroupdriver=cgroupfs \
    --data-root "$root/data" --exec-root "$state/exec" --pidfile "$state/pid" --host "$DOCKER_HOST" \
    >"$root/engine.log" 2>&1 &
  engine=$!
  for _ in $(seq 120); do
    ! answers || return 0
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.5
  done
  tail -n 20 "$root/engine.log" >&2
  echo "dockerd did not start; its log is $root/engine.log" >&2
  exit 1
}

make_image() {
  ! "$python" -c 'import docker, sys; docker.from_env().images.get(sys.argv[1])' "$image" 2>/dev/null || return 0
  local targets mirror components
  targets=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' "Codename: $release")
  mirror=$(head -n 1 <<<"$targets" | cut -d ' ' -f 1)
  components=$(cut -d ' ' -f 2 <<<"$targets" | sort -u | paste -sd ,)
  [ -n "$mirror" ] || { echo "apt's sources name no archive of '$release', this machine's own release" >&2; exit 1; }
  echo "making $image from the packages of $release: about a minute"
  mkdir -p "$root"
  rm -rf "$root/debian"
  debootstrap --variant=minbase --include=python3,python-is-python3,git,procps --components="$components" \
    "$release" "$root/debian" "$mirror" >"$root/debootstrap.log" 2>&1 || { tail -n 20 "$root/debootstrap.log" >&2; exit 1; }
  rm -rf "$root/debian/var/cache/apt" "$root/debian/var/lib/apt/lists"
  tar -C "$root/debian" -cf "$root/debian.tar" .
  "$python" - "$root/debian.tar" "$image" <<'END'
import sys

import docker

repository, _, tag = sys.argv[2].rpartition(":")
docker.from_env(timeout=600).api.import_image_from_file(sys.argv[1], repository=repository, tag=tag)
END
  rm -rf "$root/debian" "$root/debian.tar"
}

command=("$@")
if ! answers; then
  [ "$(id -u)" = 0 ] || without "none answers, and only root can start one"
  install || without "docker.io is not installed, and this is not Debian"
  start
fi
if [ -z "${REPODOJO_DOCKER_IMAGE:-}" ]; then
  if [ "$(id -u)" != 0 ] || ! install; then
    without "REPODOJO_DOCKER_IMAGE names no image, and only root on Debian can make one"
  fi
  make_image
  export REPODOJO_DOCKER_IMAGE=$image
fi
"${command[@]}"
