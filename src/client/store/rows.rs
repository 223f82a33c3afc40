//! The rows that show, as signals: one a kind, so that nobody is told of changes in another.

use crate::{
    client::engine::{HasView, Rows, Shown},
    domain::kinds::kinds,
};
use leptos::prelude::*;
use std::sync::Arc;

/// A kind of row of which there is a signal. Made from the list of kinds.
pub trait HasSignal: HasView + Send + Sync {
    /// Its rows.
    fn signal(signals: RowSignals) -> RwSignal<Arc<Rows<Self>>>;
}

macro_rules! define_signals {
    (all $all:tt edited { $( $module:ident::$Kind:ident, )+ }) => {
        $( use crate::domain::$module::$Kind; )+

        /// A signal a kind.
        #[derive(Clone, Copy, Default)]
        pub struct RowSignals {
            $( $module: RwSignal<Arc<Rows<$Kind>>>, )+
        }

        $(
            impl HasSignal for $Kind {
                fn signal(signals: RowSignals) -> RwSignal<Arc<Rows<Self>>> {
                    signals.$module
                }
            }
        )+

        impl RowSignals {
            /// What the engine shows, shows.
            pub fn show(self, shown: &Shown) {
                $( self.show_kind::<$Kind>(shown); )+
            }
        }
    };
}
kinds!(define_signals);

impl RowSignals {
    fn show_kind<R: HasSignal>(self, shown: &Shown) {
        let (signal, rows) = (R::signal(self), R::rows(shown));
        if signal.with_untracked(|known| !Arc::ptr_eq(known, rows)) {
            signal.set(Arc::clone(rows));
        }
    }
}
