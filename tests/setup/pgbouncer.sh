#!/usr/bin/env bash
# Makes sure that a pgbouncer program is there, and prints its path. Debian's and Ubuntu's package is taken,
# without the service that it starts; as another user than root, what is missing is said and nothing is done.
set -euo pipefail

path=$(PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v pgbouncer || true)
if [ -z "$path" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "pgbouncer is needed for the connection tests: install it (Debian/Ubuntu: apt-get install pgbouncer)" >&2
    exit 1
  fi
  # the tests start their own; Debian's package would start one on port 6432
  [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; ours=1; }
  { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends pgbouncer; } >&2 || failed=1
  [ -z "${ours:-}" ] || rm -f /usr/sbin/policy-rc.d
  [ -z "${failed:-}" ] || exit 1
  path=/usr/sbin/pgbouncer
fi
echo "$path"
