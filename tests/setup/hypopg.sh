#!/usr/bin/env bash
# Puts PostgreSQL 15 with HypoPG where tests/hypopg.rs looks for it: /usr/lib/postgresql/15. HypoPG comes as
# Debian's package only, so this needs Debian 12 and root; anywhere else it says what is missing.
set -euo pipefail

extension=/usr/share/postgresql/15/extension/hypopg.control
binary=/usr/lib/postgresql/15/bin/postgres
[ -e "$extension" ] && [ -x "$binary" ] && exit 0

missing() {
  echo "the tests of HypoPG need $binary and $extension: $1" >&2
  exit 1
}

command -v apt-get >/dev/null || missing "install PostgreSQL 15 and HypoPG with this system's package manager"
[ "$(id -u)" = 0 ] || missing "run as root: apt-get install postgresql-15 postgresql-15-hypopg"
apt-get update -qq
apt-cache show postgresql-15-hypopg >/dev/null 2>&1 || missing "this release has no package postgresql-15-hypopg (Debian 12 has)"
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql-15 postgresql-15-hypopg >/dev/null
[ -e "$extension" ] && [ -x "$binary" ] || missing "the packages are installed but the files are not there"
