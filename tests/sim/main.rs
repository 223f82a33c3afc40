//! The sync engine against the real server, by the hundred: several devices with several pages,
//! a network that loses, doubles, delays and reorders, pages and servers that die at any moment,
//! people who do everything at once. One thread, one seed, a clock that stands still: a run can be
//! had again. Then peace, and the invariants of DESIGN §7.
//!
//! `SIM_SEED=n` runs one seed and prints what happened; `SIM_SEEDS=count SIM_START=n` runs others
//! than the usual ones.

// Helpers outside of `#[test]` functions are tests too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod dice;
mod disk;
mod ledger;
mod run;
mod server;
mod view;
mod world;

use job_hunt_tracker::server::clock::Clock;
use server::{Server, folder_for_tests, start_of_time, template};
use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};
use uuid::Uuid;
use world::World;

/// Things that happen in a run before peace.
const STEPS: usize = 300;

thread_local! {
    static TRACE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

pub fn note(line: String) {
    TRACE.with_borrow_mut(|lines| lines.push(line));
}

/// A line of the trace.
#[macro_export]
macro_rules! trace {
    ($($arg:tt)*) => { $crate::note(format!($($arg)*)) };
}

/// A folder that goes away.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(folder_for_tests().join(format!("jht_sim_{}", Uuid::new_v4().simple())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn run(seed: u64, template: &Path, users: Vec<Uuid>, folder: PathBuf) {
    let clock = Clock::still(start_of_time());
    let server = Server::start(template, folder, clock.clone()).await;
    let mut world = World::new(seed, server, clock, users).await;
    world.chaos(STEPS).await;
    world.reckon().await;
    world.server.stop().await;
}

/// Runs seeds one after another, and says which ones fail; `verbose` prints what happened.
fn seeds(seeds: impl Iterator<Item = u64>, verbose: bool) {
    let folder = Folder::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let origin = folder.0.join("template");
    let users = runtime.block_on(template(&origin, &["ada@example.com", "bob@example.com"]));
    let mut failed = Vec::new();
    for seed in seeds {
        TRACE.with_borrow_mut(Vec::clear);
        let site = folder.0.join(format!("{seed}"));
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(run(seed, &origin, users.clone(), site.clone()));
        }));
        if verbose {
            TRACE.with_borrow(|lines| {
                for (n, line) in lines.iter().enumerate() {
                    println!("{n:4} {line}");
                }
            });
        }
        if let Err(panic) = outcome {
            println!("\nSIM_SEED={seed} cargo nextest run --features ssr --test sim one_seed");
            if verbose {
                std::panic::resume_unwind(panic);
            }
            failed.push(seed);
            _ = std::fs::remove_dir_all(&site);
        }
    }
    assert!(failed.is_empty(), "these seeds fail: {failed:?}");
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A part of the usual seeds: tests run beside each other.
fn usual(part: u64) {
    const PARTS: u64 = 4;
    if number("SIM_SEED").is_some() {
        return;
    }
    let count = number("SIM_SEEDS").unwrap_or(200);
    let start = number("SIM_START").unwrap_or(0);
    seeds(
        (start..start + count).filter(|seed| seed % PARTS == part),
        false,
    );
}

#[test]
fn seeds_0() {
    usual(0);
}

#[test]
fn seeds_1() {
    usual(1);
}

#[test]
fn seeds_2() {
    usual(2);
}

#[test]
fn seeds_3() {
    usual(3);
}

#[test]
fn one_seed() {
    if let Some(seed) = number("SIM_SEED") {
        seeds(std::iter::once(seed), true);
    }
}
