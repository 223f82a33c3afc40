//! Sorting. One routine sorts rows of every type: made anew for each, as those of the standard library
//! are, sorting was one part in forty of what a browser loads.

use std::cmp::Ordering;

/// Sorts by what `key` makes of an item. Items with equal keys keep their order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    let keys: Vec<K> = items.iter().map(key).collect();
    let order = |one: usize, other: usize| keys.get(one).cmp(&keys.get(other));
    for (at, from) in swaps(items.len(), &order).into_iter().enumerate() {
        items.swap(at, from);
    }
}

/// With which item the first is to be swapped, then the second, and so on, so that all are in order.
fn swaps(count: usize, order: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_unstable_by(|one, other| order(*one, *other).then(one.cmp(other)));
    for at in 0..count {
        // What was at an earlier place has been swapped away since.
        let mut from = at;
        while let Some(next) = places.get(from).copied() {
            from = next;
            if from >= at {
                break;
            }
        }
        if let Some(place) = places.get_mut(at) {
            *place = from;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(mut items: Vec<(u8, u16)>) {
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            sort_by_key(&mut items, |item| item.0);
            prop_assert_eq!(items, expected);
        }
    }
}
