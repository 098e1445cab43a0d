#!/usr/bin/env bash
# The server of the benchmarks: Debian's PostgreSQL 15 with HypoPG, its data under target/bench/server, kept from run to run.
# No parallel plans: the table in README.md was measured without them.
# `server.sh start` makes it if it is not there and prints how to reach it; `server.sh stop` ends it.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${PGASSAY_BENCH_BIN:-/usr/lib/postgresql/15/bin}
home=$PWD/target/bench
data=$home/server
export BENCH_HOST=$home BENCH_PORT=${BENCH_PORT:-5491} BENCH_USER=postgres BENCH_DATA=$home/csv

as_owner() {
  if [ "$(id -u)" = 0 ]; then su postgres -s /bin/bash -c "$*"; else bash -c "$*"; fi
}

start() {
  mkdir -p "$home"
  [ "$(id -u)" != 0 ] || chown postgres "$home"
  if [ ! -e "$data/PG_VERSION" ]; then
    as_owner "$bin/initdb --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync --pgdata '$data'" >/dev/null
    as_owner "cat >>'$data/postgresql.conf'" <<CONF
listen_addresses = ''
unix_socket_directories = '$home'
port = $BENCH_PORT
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = all
shared_buffers = 512MB
work_mem = 64MB
maintenance_work_mem = 256MB
effective_cache_size = 4GB
max_wal_size = 8GB
fsync = off
synchronous_commit = off
full_page_writes = off
random_page_cost = 1.1
max_parallel_workers_per_gather = 0
autovacuum = off
CONF
  fi
  as_owner "$bin/pg_ctl status --pgdata '$data'" >/dev/null 2>&1 ||
    as_owner "$bin/pg_ctl start --wait --silent --log '$home/log' --pgdata '$data'" >/dev/null
  echo "export BENCH_HOST=$home BENCH_PORT=$BENCH_PORT BENCH_USER=postgres BENCH_DATA=$home/csv"
}

case ${1:-} in
start) start ;;
stop) as_owner "$bin/pg_ctl stop --mode=fast --silent --pgdata '$data'" ;;
*) echo "usage: server.sh start|stop" >&2; exit 2 ;;
esac
