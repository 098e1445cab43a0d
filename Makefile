# Two commands for a newcomer; each installs what is missing.

.PHONY: help demo test

help:
	@echo "make demo   a throwaway PostgreSQL, a real workload, its audit, its migrations, before and after"
	@echo "make test   every test, against PostgreSQL 13 to 18"

demo:
	@tests/setup/demo.sh
	@cargo build --quiet --release --locked
	@target/release/pgassay demo

test:
	@tests/setup/all.sh
	@if command -v cargo-nextest >/dev/null; then cargo nextest run --locked; else cargo test --locked; fi
