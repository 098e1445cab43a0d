#!/usr/bin/env bash
# The Python packages that the benchmarks need, in target/bench/venv; prints the interpreter.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=target/bench/venv
if [ ! -e "$venv/ready" ]; then
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet 'psycopg[binary]' duckdb==1.5.5 duckdb-extension-tpch==1.5.5 >&2
  touch "$venv/ready"
fi
echo "$PWD/$venv/bin/python"
