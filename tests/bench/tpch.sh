#!/usr/bin/env bash
# TPC-H at scale 1, loaded once: what pgassay advises at each budget, and what that is worth. Arguments go to tpch.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
eval "$(tests/bench/server.sh start)"
trap 'tests/bench/server.sh stop' EXIT
"$(tests/bench/venv.sh)" tests/bench/tpch.py "$@"
