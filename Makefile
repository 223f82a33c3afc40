# Job Hunt Tracker: what one does with it. `make` lists it; the work is in scripts/.

SERVER = $(or $(CARGO_TARGET_DIR),target)/debug/job-hunt-tracker
# Arguments for the program or the script behind a goal: make run ARGS=--help
ARGS =

.DEFAULT_GOAL := help
.PHONY: help run dev build seed test lint fmt e2e fuzz fuzz-mails year bench check-site clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: ## Build what is needed and start the app; it says where to open it
	@scripts/setup.sh build
	@scripts/build.sh dev
	@exec $(SERVER) serve $(ARGS)

dev: ## Rebuild and reload while you edit (cargo leptos watch)
	@scripts/setup.sh build dev
	@scripts/cargo-leptos.sh watch $(ARGS)

build: ## Build for production: target/release and target/site
	@scripts/setup.sh build
	@scripts/build.sh release

seed: ## Fill the database with sample data
	@scripts/setup.sh build
	@scripts/build.sh dev
	@exec $(SERVER) seed $(ARGS)

test: ## Run all checks and tests, as CI does
	@scripts/setup.sh build test
	@scripts/test.sh

lint: ## Check formatting and lints
	@scripts/setup.sh build test
	@scripts/test.sh fmt clippy

fmt: ## Format the code
	@scripts/setup.sh build test
	@scripts/with-env.sh cargo fmt

e2e: ## Run the tests in the browser
	@scripts/setup.sh build test
	@scripts/test.sh site e2e

fuzz: ## Simulate 10,000 seeds of devices, network and server (SEEDS=n, START=n)
	@scripts/setup.sh build test
	@SIM_SEEDS=$(or $(SEEDS),10000) SIM_START=$(or $(START),0) scripts/with-env.sh cargo test --profile fuzz --no-default-features --features ssr --test sim seeds_ -- --nocapture

fuzz-mails: ## Send mails while all goes wrong that can, on both engines (SEEDS=n, START=n, KILLS=n)
	@scripts/setup.sh build test
	@FAULT_SEEDS=$(or $(SEEDS),1000) FAULT_START=$(or $(START),0) FAULT_KILLS=$(or $(KILLS),50) scripts/with-postgres.sh scripts/with-env.sh cargo test --no-default-features --features ssr --test api -- mail_faults mail_kills --nocapture

year: ## Simulate a year of reminders of 200 people (USERS=n, SEED=n, GAP=hours between two deeds)
	@scripts/setup.sh build test
	@YEAR_USERS=$(or $(USERS),200) YEAR_GAP=$(or $(GAP),336) YEAR_SEED=$(or $(SEED),1) scripts/with-env.sh cargo test --profile fuzz --no-default-features --features ssr --test sim a_year_of_reminders -- --nocapture

bench: ## Measure against the budgets
	@scripts/setup.sh build test
	@scripts/bench.sh $(ARGS)

check-site: ## Check that cargo-leptos gives the same site as scripts/build.sh
	@scripts/setup.sh build dev
	@scripts/check-site.sh $(ARGS)

clean: ## Remove all that was built; your data under data/ stays
	rm -rf target .cache node_modules end2end/node_modules end2end/test-results end2end/playwright-report
