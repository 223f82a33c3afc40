//! The view of all rows, kept up to date: with thousands of edits waiting, one more is one row's work.

use super::{Edited, Engine, HasTable, Rows, changed::Changed};
use crate::domain::kinds::kinds;
use std::sync::Arc;
use uuid::Uuid;

/// A kind of row of which a view is kept. Made from the list of kinds.
pub trait HasView: Edited + HasTable {
    /// Its rows.
    fn rows(shown: &Shown) -> &Arc<Rows<Self>>;
    /// The same, to be changed.
    fn rows_mut(shown: &mut Shown) -> &mut Arc<Rows<Self>>;
}

macro_rules! define_shown {
    (all $all:tt edited { $( $module:ident::$Kind:ident, )+ }) => {
        $( use crate::domain::$module::$Kind; )+

        /// What a page shows of the rows that people make or change. Of a row that has not changed it
        /// is the same one as before.
        #[derive(Clone, Debug, Default)]
        pub struct Shown {
            $( $module: Arc<Rows<$Kind>>, )+
        }

        $(
            impl HasView for $Kind {
                fn rows(shown: &Shown) -> &Arc<Rows<Self>> {
                    &shown.$module
                }
                fn rows_mut(shown: &mut Shown) -> &mut Arc<Rows<Self>> {
                    &mut shown.$module
                }
            }
        )+

        impl Engine {
            fn show_all(&mut self) {
                $( self.shown.$module = Arc::new(self.view::<$Kind>()); )+
                self.note_all_plans();
            }

            fn show(&mut self, record: Uuid) {
                $( self.show_as::<$Kind>(record); )+
            }
        }
    };
}
kinds!(define_shown);

impl Engine {
    /// The views of every kind, as [`Engine::view`] has them.
    pub fn shown(&mut self) -> &Shown {
        let base = self.base.take_changed();
        let queue = self.outbox.take_changed();
        let another_zone = self.follow_zone();
        if let (Changed::Records(mut records), Changed::Records(queue), false) =
            (base, queue, another_zone)
        {
            // From a move that comes in something may follow for its application.
            let moves = records
                .iter()
                .filter_map(|id| self.base.table::<StageEvent>().get(*id));
            let moved: Vec<Uuid> = moves.map(|event| event.application_id).collect();
            if !self.outbox.is_empty() {
                records.extend(moved);
            }
            records.extend(queue);
            let planned = self.take_changed_plans(&records);
            for record in records {
                self.show(record);
            }
            self.show_plans(planned);
        } else {
            self.show_all();
        }
        &self.shown
    }

    /// A record may be of any kind; of the others it has no row, and had none.
    fn show_as<R: HasView>(&mut self, record: Uuid) {
        let row = self.view_of::<R>(record);
        self.put(record, row);
    }

    /// Shows a row so.
    pub(super) fn put<R: HasView>(&mut self, record: Uuid, row: Option<Arc<R>>) {
        let same = match (R::rows(&self.shown).get(&record), &row) {
            (None, None) => true,
            (Some(known), Some(row)) => Arc::ptr_eq(known, row) || known == row,
            _ => false,
        };
        if !same {
            let rows = Arc::make_mut(R::rows_mut(&mut self.shown));
            match row {
                Some(row) => _ = rows.insert(record, row),
                None => _ = rows.remove(&record),
            }
        }
    }
}
