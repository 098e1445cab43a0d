#!/usr/bin/env bash
# What `make test` needs besides Rust; what is there already stays.
set -euo pipefail
here=$(dirname "$0")
source "$here/packages.sh"
need cc build-essential
need npm npm
need psql postgresql-client
need openssl openssl
server_binaries || install_packages postgresql
"$here/postgres.sh"
for part in pgbouncer hypopg; do
  [ ! -x "$here/$part.sh" ] || "$here/$part.sh"
done
