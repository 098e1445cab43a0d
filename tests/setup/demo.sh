#!/usr/bin/env bash
# What `make demo` needs besides Rust: a C compiler (SQLite and TLS are C) and a PostgreSQL server's binaries.
set -euo pipefail
source "$(dirname "$0")/packages.sh"
need cc build-essential
server_binaries || install_packages postgresql
