#!/usr/bin/env bash
# A fresh Debian system in a folder, with systemd and the Node.js of that release, and nothing of this machine.
#
#   debian-root.sh ROOT
set -euo pipefail
root="$1"
suite="${LONGSHORE_DEBIAN_SUITE:-trixie}"
mmdebstrap --quiet --variant=minbase --include=systemd,nodejs,ca-certificates \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/nodejs/*' \
  --aptopt='Apt::Install-Recommends "false"' \
  "$suite" "$root"
