# Sourced: `need COMMAND PACKAGE…` installs the packages with apt unless the command is there, and elsewhere than on
# Debian and Ubuntu says what to install.

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  if ! command -v apt-get >/dev/null; then
    echo "please install: $* (or what your system calls them), then run this again" >&2
    return 1
  fi
  echo "installing $*" >&2
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@" >/dev/null
}

need() {
  local command=$1
  shift
  command -v "$command" >/dev/null || [ -x "$command" ] || install_packages "$@"
}

# Any server's binaries, where `pgassay` looks for them.
server_binaries() {
  [ -n "${PGASSAY_PG_BIN:-}" ] || command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1
}
