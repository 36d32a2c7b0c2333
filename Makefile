# The doors of this repository: `make help`. Every recipe is a command one can type as well.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# rustup's cargo, for shells that have not read its profile.
export PATH := $(PATH):$(HOME)/.cargo/bin

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## see Barid work, with a broker and subscribers of its own (ONCE=1: a scripted tour, then exit)
	@deploy/dev/prepare build broker
	@cargo build --release -p barid
	@url=$$(deploy/dev/broker up) && \
	BARID_BROKER__URL="$$url" cargo run --release -q -p barid -- demo $(if $(filter 1,$(ONCE)),--once)

.PHONY: test
test: ## every test, against a private broker (ARGS="-p barid-event": some of them)
	@deploy/dev/test $(ARGS)

.PHONY: check
check: ## format, lints, docs and scripts, with warnings denied
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	@if command -v shellcheck >/dev/null; then \
		echo shellcheck; shellcheck .ci/run deploy/dev/*; \
	else echo "shellcheck is not installed: scripts not checked"; fi
	@if command -v cargo-deny >/dev/null; then \
		cargo deny check bans licenses sources; \
	else echo "cargo-deny is not installed: dependencies not checked"; fi

.PHONY: gen
gen: ## print the reference pages from the code
	@cargo build -q -p barid
	@mkdir -p docs/reference
	@for page in metrics.md configuration.md cli.md openapi.json; do \
		echo "docs/reference/$$page"; \
		env -u BARID_URL -u BARID_KEY -u BARID_KEY_FILE cargo run -q -p barid -- docs $${page%.*} > docs/reference/$$page.new && \
		mv docs/reference/$$page.new docs/reference/$$page || exit 1; \
	done

.PHONY: bench
bench: ## measure throughput and latency on this machine (ARGS="...": options of barid bench)
	@deploy/dev/prepare build broker
	@cargo build --release -p barid
	@url=$$(deploy/dev/broker up) && \
	BARID_BROKER__URL="$$url" cargo run --release -q -p barid -- bench $(ARGS)

.PHONY: broker-up
broker-up: ## start the private broker and print its URL
	@deploy/dev/broker up

.PHONY: broker-down
broker-down: ## stop the private broker; data is kept
	@deploy/dev/broker down

.PHONY: clean
clean: ## stop the private broker, delete everything built
	@deploy/dev/broker wipe
	cargo clean
