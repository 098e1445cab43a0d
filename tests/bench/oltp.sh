#!/usr/bin/env bash
# The transactional workload of fixtures/oltp: what pgassay advises, built and timed. Arguments go to oltp.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
eval "$(tests/bench/server.sh start)"
trap 'tests/bench/server.sh stop' EXIT
"$(tests/bench/venv.sh)" tests/bench/oltp.py "$@"
