# The newcomer's two commands are `make run` and `make test`; `make help` lists the rest.
# Anything longer than a few lines lives in scripts/.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Where `make run` serves.
LISTEN ?= 127.0.0.1:8080
# What the model and SDK tests run on: Python packages and a pinned Node.js.
VENV := .venv

.PHONY: help
help: ## list the commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## Use it

.PHONY: run
run: setup ## build, serve on 127.0.0.1:8080 and transcribe a first recording (LISTEN=host:port to change)
	@scripts/setup.sh port $(LISTEN)
	@[ -e target/release/minuted ] || echo "Building. The first time takes some minutes: whisper.cpp is compiled too."
	@cargo build --release
	@scripts/run.sh $(LISTEN)

.PHONY: build
build: setup ## the release binary, target/release/minuted
	cargo build --release

.PHONY: setup
setup: ## install what the build needs (Debian and Ubuntu); silent when all is there
	@scripts/setup.sh build

## Check it

.PHONY: test
test: setup-test fmt-check lint docs ## everything: format, lints, docs, Rust tests, the OpenAI SDKs, the model's recipe
	@# Each waits for half of the time.
	@echo "The tests in Rust and of the SDKs run side by side; what each says is shown when it ends, after minutes."
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-rust test-sdk model-smoke

.PHONY: setup-test
setup-test:
	@scripts/setup.sh test
	@models/recipe/run smoke-setup

.PHONY: fmt
fmt: ## format the code
	cargo fmt

.PHONY: fmt-check
fmt-check:
	cargo fmt --check

.PHONY: lint
lint: ## clippy with every feature, warnings are errors; needs no CUDA toolkit
	scripts/lint.sh

.PHONY: docs
docs: ## the code's documentation, warnings are errors
	RUSTDOCFLAGS="--deny warnings" cargo doc --locked --no-deps --document-private-items

.PHONY: test-rust
test-rust: ## unit and integration tests
	@# More threads than cores: many a test waits for a second to pass.
	RUST_TEST_THREADS=$$((2 * $$(nproc))) cargo test --locked

.PHONY: test-memory
test-memory: ## four hours of audio need the memory of a minute (builds for release; minutes)
	cargo test --release --locked --test it cli::memory -- --ignored

.PHONY: test-sdk
test-sdk: $(VENV)/.installed ## the OpenAI SDKs for Python and Node.js, LangChain and LlamaIndex against the real binary, llama.cpp behind it
	@# The binary that the integration tests build too: `cargo build` would compile the libraries again, with fewer features.
	cargo test --locked --no-run --test it
	scripts/sdk-tests.sh target/debug/minuted

.PHONY: deny
deny: $(VENV)/bin/cargo-deny ## licences and sources of the dependencies (compiles cargo-deny the first time: minutes)
	$< --all-features check licenses bans sources

$(VENV)/bin/cargo-deny:
	cargo install --quiet --locked --no-default-features --root $(VENV) cargo-deny@0.20.2

.PHONY: bless
bless: ## write the generated documents and snapshots anew; look at the diff before you commit
	BLESS=1 INSTA_UPDATE=always cargo test --locked

## Train the bundled model (models/README.md); Python and some gigabytes of packages are installed on first use

.PHONY: model
model: ## train it: days of two cores, or a GPU; stop and go on at any time
	models/recipe/run train

.PHONY: model-smoke
model-smoke: ## a few steps on a few sentences; whisper.cpp loads and runs the result
	models/recipe/run smoke

.PHONY: model-eval
model-eval: ## the table of word error rates of the bundled model
	models/recipe/run eval models/minuted-nano.en-q5_1.bin

## Measure it (docs/PERFORMANCE.md)

.PHONY: bench
bench: ## speed, memory and accuracy beside whisper.cpp and faster-whisper; an hour or more (BENCH="throughput --rounds 1" for a part)
	@scripts/setup.sh bench
	scripts/bench.sh $(BENCH)

.PHONY: bench-rust
bench-rust: setup ## criterion: decoding, resampling, planning, the queue
	cargo bench --locked --bench decode --bench resample --bench plan --bench queue

.PHONY: bench-router
bench-router: ## what passing a request on costs, beside nginx and LiteLLM; seven minutes (BENCH="--rounds 1" for a part)
	@scripts/setup.sh test
	scripts/bench-router.sh $(BENCH)

.PHONY: bench-gpu
bench-gpu: ## a folder that measures an NVIDIA GPU, also on another machine, and measures one that is here; half an hour to build
	@scripts/setup.sh test
	scripts/bench-gpu.sh $(BENCH)

.PHONY: clean
clean: ## remove everything that was built
	cargo clean
	rm -rf $(VENV) tests/sdk/node/node_modules

# Environments for all that is not Rust. Node.js comes from a Python package, so that
# its version is pinned and the same on every distribution.
$(VENV)/.installed: tests/sdk/python/requirements.txt tests/sdk/frameworks/requirements.txt tests/sdk/node/package-lock.json
	@scripts/setup.sh test
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement tests/sdk/python/requirements.txt
	python3 -m venv $(VENV)/frameworks
	$(VENV)/frameworks/bin/pip install --quiet --no-deps --requirement tests/sdk/frameworks/requirements.txt
	cd tests/sdk/node && PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch $@
