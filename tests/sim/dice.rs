//! All chance of a run, from one seed.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use uuid::Uuid;

pub struct Dice(StdRng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A number below `most`, which is not 0.
    pub fn below(&mut self, most: usize) -> usize {
        self.0.random_range(0..most)
    }

    /// Whether something happens that does so this often in a hundred.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    /// From 0 to 1.
    pub fn unit(&mut self) -> f64 {
        f64::from(self.0.random::<u32>()) / f64::from(u32::MAX)
    }

    pub fn uuid(&mut self) -> Uuid {
        Uuid::from_u128(self.0.random())
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() {
            return None;
        }
        let at = self.below(items.len());
        items.get(at)
    }

    /// One of these, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, items: &[(u32, T)]) -> T {
        let total: u32 = items.iter().map(|(weight, _)| weight).sum();
        let mut at = self.0.random_range(0..total);
        for (weight, item) in items {
            if at < *weight {
                return *item;
            }
            at -= weight;
        }
        unreachable!("below the sum of the weights")
    }
}
