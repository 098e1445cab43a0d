#!/usr/bin/env bash
# How fast logs are read, against pgBadger on the same file: tests/bench/log.sh [MEGABYTES] [CAPTURE.gz]
#
# A capture of fixtures/log is repeated a minute later each time until the file is large. pgBadger is installed by apt
# where it is missing. Prints megabytes a second, peak memory and the ratio.
set -euo pipefail
cd "$(dirname "$0")/../.."
megabytes=${1:-500}
capture=${2:-fixtures/log/twins/activerecord__o2o.log.gz}
prefix='%m [%p] %q%u@%d %a %c:%l %x %Q '
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v pgbadger >/dev/null || { apt-get update -q && apt-get install -qy pgbadger; }
cargo build --release --quiet --example log_speed
speed=target/release/examples/log_speed

gzip -dc "$capture" >"$work/small"
case $(head -c 1 "$work/small") in '{') form=jsonlog name=large.json ;; *) form=stderr name=large.log ;; esac
if head -n 1 "$work/small" | grep -q ' UTC,'; then form=csv name=large.csv; fi
"$speed" --repeat "$megabytes" "$work/small" "$work/$name"
cat "$work/$name" >/dev/null # in the page cache for both

echo "== pgassay"
"$speed" "$work/$name" | tee "$work/ours"
echo "== pgbadger, one process"
arguments=(--quiet --format "$form" --outfile "$work/out.html")
if [ "$form" = stderr ]; then arguments+=(--prefix "$prefix"); fi
begin=$(date +%s.%N)
pgbadger "${arguments[@]}" "$work/$name"
end=$(date +%s.%N)

awk -v begin="$begin" -v end="$end" '
/ MB in / { megabytes = $1; seconds = $4 }
END {
    theirs = end - begin
    printf "pgbadger: %.1f MB in %.2f s: %.1f MB/s\n", megabytes, theirs, megabytes / theirs
    printf "ratio: pgassay reads %.0f times as fast\n", theirs / seconds
}' "$work/ours"
