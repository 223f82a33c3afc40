//! A view for each item of a list that changes.

use leptos::prelude::*;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// An item before it is shown: of one type for lists of all types, since what compares the old list
/// with the new one would else be made for each of them, at some 8 kB in what a browser loads.
struct Slot {
    key: u128,
    view: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Shows each item of a list. An item whose key was in the list before keeps the view it has.
#[component]
pub fn Each<T, I, K, N>(
    /// The items.
    each: impl Fn() -> I + Send + 'static,
    /// What an item is known by.
    key: impl Fn(&T) -> K + Send + 'static,
    /// The view of an item.
    children: impl Fn(T) -> N + Send + Sync + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    I: IntoIterator<Item = T> + 'static,
    K: Hash + 'static,
    N: IntoView + 'static,
{
    let children: Arc<dyn Fn(T) -> AnyView + Send + Sync> =
        Arc::new(move |item| children(item).into_any());
    slots(Box::new(move || {
        let slot = |item: T| {
            let children = Arc::clone(&children);
            Slot {
                key: digest(&key(&item)),
                view: Box::new(move || children(item)),
            }
        };
        each().into_iter().map(slot).collect()
    }))
}

fn slots(each: Box<dyn Fn() -> Vec<Slot> + Send>) -> AnyView {
    view! { <For each key=|slot| slot.key children=|slot: Slot| (slot.view)()/> }.into_any()
}

/// A key as a number: of 128 bits, so that no two are ever the same by chance.
fn digest(key: &impl Hash) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        key.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}
