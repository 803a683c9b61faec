#!/usr/bin/env bash
# Installs the Debian packages that Ondol is built from, as far as they are missing; with --tests those of its tests too,
# and what is named behind it.
set -euo pipefail

packages=(g++ cmake ninja-build pkg-config ca-certificates
          libdnnl-dev libeigen3-dev libfmt-dev libpcre2-dev libsentencepiece-dev libsimdjson-dev libutf8proc-dev zlib1g-dev)
if [ "${1:-}" = --tests ]; then packages+=(ccache doctest-dev xz-utils "${@:2}"); fi
# A Python from elsewhere (pyenv, uv) does as well, if it can build modules and make environments.
if ! python3 - 2>/dev/null <<'PYTHON'
import ensurepip, os, sys, sysconfig, venv
sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))
PYTHON
then packages+=(python3 python3-dev python3-venv); fi

if ! command -v apt-get >/dev/null; then
  echo "setup: no apt-get here; these Debian packages are needed by other names: ${packages[*]}" >&2
  exit 0
fi
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: as root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
         apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
  tail -n 20 "$log" >&2
  echo "setup: apt-get failed" >&2
  exit 1
fi
