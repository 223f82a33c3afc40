//! What the server issued: a table a kind, and which parts of it are not stored yet.

use super::changed::Changed;
use crate::domain::{
    kinds::kinds,
    order::sort_by_key,
    row::{Edited as _, OfKind, Row, Seen},
    sync::{Entity, EntityKind, SyncChange, SyncRow},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};
use uuid::Uuid;

/// Rows of one kind by id.
#[derive(Clone, Debug)]
pub struct Table<R> {
    rows: HashMap<Uuid, Arc<R>>,
    /// What hangs on rows of any kind.
    children: HashMap<Uuid, Vec<Uuid>>,
    /// Deleted ids: an answer that was on its way never brings one back.
    tombstones: HashSet<Uuid>,
    /// The last states of rows that this page had and that are here no more: an edit of one may turn
    /// up.
    last_known: HashMap<Uuid, Arc<R>>,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self {
            rows: HashMap::new(),
            children: HashMap::new(),
            tombstones: HashSet::new(),
            last_known: HashMap::new(),
        }
    }
}

impl<R: Row> Table<R> {
    /// The rows.
    pub fn rows(&self) -> &HashMap<Uuid, Arc<R>> {
        &self.rows
    }

    /// One row.
    pub fn get(&self, id: Uuid) -> Option<&Arc<R>> {
        self.rows.get(&id)
    }

    /// Whether this id was deleted.
    pub fn is_deleted(&self, id: Uuid) -> bool {
        self.tombstones.contains(&id)
    }

    /// The last state of a row that is here no more, where this page had it.
    pub(super) fn last_known(&self, id: Uuid) -> Option<&Arc<R>> {
        self.last_known
            .get(&id)
            .filter(|_| !self.rows.contains_key(&id))
    }

    /// The rows that hang on another one.
    pub fn of_parent(&self, parent: Uuid) -> impl Iterator<Item = &Arc<R>> {
        self.children
            .get(&parent)
            .into_iter()
            .flatten()
            .filter_map(|id| self.rows.get(id))
    }

    /// Their ids.
    pub(super) fn ids_of_parent(&self, parent: Uuid) -> impl Iterator<Item = Uuid> {
        self.children.get(&parent).into_iter().flatten().copied()
    }

    /// Takes a row, unless a newer one is here or it was deleted. Answers whether that changed
    /// anything.
    fn take(&mut self, id: Uuid, row: R) -> bool {
        if self.tombstones.contains(&id) {
            self.last_known.entry(id).or_insert_with(|| Arc::new(row));
            return false;
        }
        match self.rows.get(&id) {
            Some(known) if !row.supersedes(known) || **known == row => false,
            known => {
                if known.is_none() {
                    for parent in row.parents().into_iter().flatten() {
                        self.children.entry(parent).or_default().push(id);
                    }
                }
                self.rows.insert(id, Arc::new(row));
                true
            }
        }
    }

    fn delete(&mut self, id: Uuid) -> bool {
        if let Some(row) = self.remove(id) {
            self.last_known.insert(id, row);
        }
        self.tombstones.insert(id)
    }

    /// Takes a row out, as if it had never come.
    fn remove(&mut self, id: Uuid) -> Option<Arc<R>> {
        let row = self.rows.remove(&id)?;
        for parent in row.parents().into_iter().flatten() {
            if let Some(siblings) = self.children.get_mut(&parent) {
                siblings.retain(|sibling| *sibling != id);
            }
        }
        Some(row)
    }

    /// Remembers what another table had and this one has not.
    fn succeed(&mut self, old: Self) {
        self.last_known = old.last_known;
        self.last_known.extend(old.rows);
        self.last_known.retain(|id, _| !self.rows.contains_key(id));
    }
}

/// Rows are stored in shards: reading thousands of blobs is slow, and so is writing one large one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Shard {
    /// Of which kind.
    pub kind: EntityKind,
    /// Which one, below [`shards`].
    pub number: u8,
}

impl Shard {
    /// Where a row is stored.
    pub fn of(kind: EntityKind, id: Uuid) -> Self {
        let [.., last] = *id.as_bytes();
        Self {
            kind,
            number: last & (shards(kind) - 1),
        }
    }

    /// Its name in the store.
    pub fn name(self) -> String {
        format!("{}/{:02}", self.kind.as_str(), self.number)
    }

    /// The shard of this name.
    pub fn parse(name: &str) -> Option<Self> {
        let (kind, number) = name.split_once('/')?;
        let shard = Self {
            kind: kind.parse().ok()?,
            number: number.parse().ok()?,
        };
        (shard.number < shards(shard.kind)).then_some(shard)
    }
}

/// A row as it is stored, or the note that it is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Which row.
    pub id: Uuid,
    /// Its state; none once it was deleted.
    #[serde(with = "kept_row")]
    pub row: Option<Entity>,
}

macro_rules! define_tables {
    (
        $d:tt
        all { $( $(#[$meta:meta])* $module:ident::$Kind:ident $table:ident $word:literal $shards:literal, )+ }
        edited { $( $edited_module:ident::$Edited:ident, )+ }
    ) => {
        $( use crate::domain::$module::$Kind; )+

        /// How many shards a kind has; a power of two. About a hundred rows a shard at the cap of the
        /// cache.
        const fn shards(kind: EntityKind) -> u8 {
            match kind {
                $( EntityKind::$Kind => $shards, )+
            }
        }

        /// A table a kind.
        #[derive(Clone, Debug, Default)]
        struct Tables {
            $( $table: Table<$Kind>, )+
        }

        impl Tables {
            /// Takes the place of others; see [`Table::succeed`].
            fn succeed(&mut self, old: Self) {
                $( self.$table.succeed(old.$table); )+
            }

            /// What hangs on a row, of every kind. It does not any more.
            fn take_children(&mut self, of: Uuid) -> Vec<(EntityKind, Uuid)> {
                let mut children = Vec::new();
                $(
                    let ids = self.$table.children.remove(&of).unwrap_or_default();
                    children.extend(ids.into_iter().map(|id| (EntityKind::$Kind, id)));
                )+
                children
            }

            /// Where what hangs on a row is stored.
            fn shards_of_children(&self, of: Uuid) -> Vec<Shard> {
                let mut shards = Vec::new();
                $(
                    let ids = self.$table.children.get(&of).into_iter().flatten();
                    shards.extend(ids.map(|id| Shard::of(EntityKind::$Kind, *id)));
                )+
                shards
            }
        }

        impl Base {
            /// The state of a row that people change.
            pub(super) fn state(&self, id: Uuid) -> Option<Seen> {
                let mut state = None;
                $( state = state.or_else(|| Some(self.table::<$Edited>().get(id)?.seen())); )+
                state
            }
        }

        $(
            impl HasTable for $Kind {
                fn table(base: &Base) -> &Table<Self> {
                    &base.tables.$table
                }
                fn table_mut(base: &mut Base) -> &mut Table<Self> {
                    &mut base.tables.$table
                }
            }
        )+

        /// Expands a body for the row type of a kind.
        macro_rules! each_table {
            ($d kind:expr, |$d R:ident| $d body:expr) => {
                match $d kind {
                    $( EntityKind::$Kind => {
                        type $d R = $Kind;
                        $d body
                    } )+
                }
            };
        }

        /// Expands a body for a row of any kind.
        macro_rules! each_row {
            ($d entity:expr, |$d row:ident| $d body:expr) => {
                match $d entity {
                    $( Entity::$Kind($d row) => $d body, )+
                }
            };
        }

        /// Rows are stored under the name of their kind. The form of the wire, where the kind stands
        /// beside the row, is read through a buffer: slower, and a second parser for every field.
        mod kept_row {
            use super::{Entity, $( $Kind, )+};
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            #[derive(Serialize)]
            #[serde(rename_all = "snake_case")]
            enum Lent<'a> {
                $( $Kind(&'a $Kind), )+
            }

            #[derive(Deserialize)]
            #[serde(rename_all = "snake_case")]
            enum Owned {
                $( $Kind(Box<$Kind>), )+
            }

            pub fn serialize<S: Serializer>(
                row: &Option<Entity>,
                to: S,
            ) -> Result<S::Ok, S::Error> {
                let lent = row.as_ref().map(|row| match row {
                    $( Entity::$Kind(row) => Lent::$Kind(row), )+
                });
                lent.serialize(to)
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<Option<Entity>, D::Error> {
                Ok(Option::<Owned>::deserialize(from)?.map(|row| match row {
                    $( Owned::$Kind(row) => Entity::$Kind(row), )+
                }))
            }
        }
    };
}
kinds!(define_tables $);

/// A kind of row that has a table here: each of them.
pub trait HasTable: Row {
    /// Where rows of this kind are kept.
    fn table(base: &Base) -> &Table<Self>;
    /// The same, to change it.
    fn table_mut(base: &mut Base) -> &mut Table<Self>;
}

/// What the server issued.
#[derive(Clone, Debug, Default)]
pub struct Base {
    tables: Tables,
    /// Shards that differ from what is stored.
    dirty: BTreeSet<Shard>,
    /// Shards of rows that the queue made, or builds on.
    urgent: BTreeSet<Shard>,
    /// Rows that are here and perhaps not stored, though their shard is not dirty.
    shown: HashSet<Uuid>,
    /// Rows that the page came with and no history has brought yet.
    loaded: HashMap<Uuid, EntityKind>,
    /// What has changed since it was shown.
    changed: Changed,
    /// Applications are left out of the store.
    leaves_out: bool,
    /// What the store holds, by shard: where two pages bring in the same, one of them writes it.
    stored: HashMap<Shard, u64>,
}

/// What another base left in a shard: whatever this one holds there is written.
const OF_ANOTHER_BASE: u64 = 0;

/// Tells what shards hold apart. Two states of a row with the same version and time are the same.
fn print(content: &[Kept]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for kept in content {
        (kept.id, kept.row.is_some()).hash(&mut hasher);
        if let Some(row) = &kept.row {
            row.hash_state(&mut hasher);
        }
    }
    hasher.finish()
}

impl Base {
    /// The rows of a kind.
    pub fn table<R: HasTable>(&self) -> &Table<R> {
        R::table(self)
    }

    /// A row, among those of all kinds.
    pub fn entity(&self, kind: EntityKind, id: Uuid) -> Option<Entity> {
        each_table!(kind, |R| {
            let row = R::table(self).get(id);
            row.map(|row| R::clone(row).into_entity())
        })
    }

    /// The row of this id that people change.
    pub(super) fn edited(&self, id: Uuid) -> Option<Entity> {
        let mut rows = EntityKind::ALL
            .iter()
            .filter_map(|kind| self.entity(*kind, id));
        rows.find(|row| row.version().is_some())
    }

    /// Takes a row of any kind; see [`Table::take`].
    pub fn take<R: HasTable>(&mut self, id: Uuid, row: R) {
        let archived = self.archived(id);
        let news = R::table_mut(self).take(id, row);
        // What hangs on it was left out with it, or came before it.
        if self.leaves_out && archived != self.archived(id) {
            self.dirty.extend(self.tables.shards_of_children(id));
        }
        self.loaded.remove(&id);
        if news {
            self.changed.note(id);
        }
        // It may be what was shown already, and is to be stored now.
        if self.shown.remove(&id) || news {
            self.dirty.insert(Shard::of(R::KIND, id));
        }
    }

    /// Since when an application is archived, where it is here: by that it is stored or left out.
    fn archived(&self, id: Uuid) -> Option<Option<Timestamp>> {
        let row = self.tables.applications.get(id)?;
        Some(row.archived_at)
    }

    /// Some applications are left out of the store, with what hangs on them.
    pub(super) fn leave_out(&mut self) {
        self.leaves_out = true;
    }

    /// The same, of a row that need not be stored before the history brings it.
    pub fn show<R: HasTable>(&mut self, id: Uuid, row: R) {
        if R::table_mut(self).take(id, row) {
            self.shown.insert(id);
            self.changed.note(id);
        }
    }

    /// Takes a row that the page came with, as the server rendered it.
    pub fn load<R: HasTable>(&mut self, id: Uuid, row: R) {
        self.loaded.insert(id, R::KIND);
        self.show(id, row);
    }

    /// Joins what is stored where no cursor stands beside it: of which history that is nobody can tell before the
    /// whole of one was read. `first` when nothing that was stored is here yet.
    pub(super) fn join_unvouched(&mut self, shard: Shard, stored: Vec<Kept>, first: bool) {
        let rows = stored.iter().filter(|kept| kept.row.is_some());
        let ids = rows.map(|kept| kept.id);
        let unvouched: Vec<Uuid> = ids
            .filter(|id| first || self.loaded.contains_key(id))
            .collect();
        self.join(shard, stored);
        for id in unvouched {
            if self.entity(shard.kind, id).is_some() {
                self.loaded.insert(id, shard.kind);
            }
        }
    }

    /// Whether there are rows that the page came with and no history has brought.
    pub(super) fn has_what_no_history_has(&self) -> bool {
        !self.loaded.is_empty()
    }

    /// The whole history was read from its beginning: what it does not have is there no more.
    pub(super) fn drop_what_no_history_has(&mut self) {
        for (id, kind) in std::mem::take(&mut self.loaded) {
            self.delete(kind, id);
        }
    }

    /// Moves that only answers to edits told of: no history has brought them yet.
    pub(super) fn told_moves(&self) -> impl Iterator<Item = Uuid> {
        let moves = self.shown.iter().copied();
        moves.filter(|id| self.tables.stage_events.get(*id).is_some())
    }

    /// These moves never were: the history that would have brought them did not.
    pub(super) fn drop_told_moves(&mut self, moves: impl IntoIterator<Item = Uuid>) {
        for id in moves {
            if self.shown.remove(&id) {
                self.tables.stage_events.remove(id);
                self.changed.note(id);
            }
        }
    }

    /// A row on which an edit builds is stored with it.
    pub fn keep(&mut self, kind: EntityKind, id: Uuid) {
        let shard = Shard::of(kind, id);
        if self.shown.remove(&id) {
            self.dirty.insert(shard);
        }
        self.urgent.insert(shard);
    }

    /// The version of a row that people change.
    pub(super) fn version(&self, id: Uuid) -> Option<i64> {
        self.state(id).map(|seen| seen.version)
    }

    /// A row that will not be here, as it would be: an edit of it may turn up.
    pub(super) fn remember<R: HasTable>(&mut self, id: Uuid, row: &R) {
        let left = &mut R::table_mut(self).last_known;
        left.entry(id).or_insert_with(|| Arc::new(row.clone()));
    }

    /// Takes the place of another base: of rows that are here no more the last states are remembered.
    pub(super) fn succeed(&mut self, old: Self) {
        self.changed = Changed::All;
        self.tables.succeed(old.tables);
    }

    /// The store holds something of this shard that is not of this base.
    pub(super) fn is_stored_otherwise(&mut self, shard: Shard) {
        self.stored.insert(shard, OF_ANOTHER_BASE);
        // What of another base stays there would be taken for this one's.
        self.dirty.insert(shard);
    }

    /// It was built anew: pages that have another one take all of it from the store, so all of it is
    /// written, also where the store happens to hold the same.
    pub(super) fn store_all_anew(&mut self, old: &Self) {
        let of_old = |shard: &Shard| (*shard, OF_ANOTHER_BASE);
        self.stored = old.stored.keys().map(of_old).collect();
        self.mark_dirty(Self::all_shards());
    }

    /// Takes a change of the server's history.
    pub fn change(&mut self, change: SyncChange) {
        match change.what {
            SyncRow::Upsert(entity) => self.take_entity(change.id, entity),
            SyncRow::Delete { entity } => self.delete(entity, change.id),
        }
    }

    pub(super) fn take_entity(&mut self, id: Uuid, entity: Entity) {
        each_row!(entity, |row| self.take(id, *row));
    }

    /// Takes note that a row is gone for ever, with what hangs on it.
    pub fn delete(&mut self, kind: EntityKind, id: Uuid) {
        let news = each_table!(kind, |R| R::table_mut(self).delete(id));
        self.shown.remove(&id);
        self.changed.note(id);
        if news {
            self.dirty.insert(Shard::of(kind, id));
        }
        for (kind, child) in self.tables.take_children(id) {
            self.delete(kind, child);
        }
    }

    /// Where a row and what hangs on it are stored.
    pub(super) fn shards_with_children(&self, kind: EntityKind, id: Uuid) -> Vec<Shard> {
        let mut shards = self.tables.shards_of_children(id);
        shards.push(Shard::of(kind, id));
        shards
    }

    /// Joins what is stored to what is here: of two states the newer one stays.
    pub fn join(&mut self, shard: Shard, stored: Vec<Kept>) {
        self.stored(shard, &stored);
        let mut differs = self.dirty.contains(&shard);
        for Kept { id, row } in stored {
            // What was shown and is not stored as it is, is to be.
            differs |= self.shown.contains(&id) && !self.has(shard.kind, id, row.as_ref());
            // So is what was left out here when it came, where another page has stored an earlier
            // state since.
            if self.is_newer_than(id, row.as_ref()) {
                self.dirty.insert(shard);
                differs = true;
            }
            match row {
                Some(entity) => self.take_entity(id, entity),
                None => self.delete(shard.kind, id),
            }
        }
        // What came from the store need not go there.
        if !differs {
            self.dirty.remove(&shard);
        }
    }

    /// Whether a row that people change is here at a later version than this one.
    fn is_newer_than(&self, id: Uuid, state: Option<&Entity>) -> bool {
        let Some(theirs) = state.and_then(Entity::version) else {
            return false;
        };
        self.version(id).is_some_and(|ours| ours > theirs)
    }

    /// Whether the row is in this state.
    fn has(&self, kind: EntityKind, id: Uuid, state: Option<&Entity>) -> bool {
        self.entity(kind, id).as_ref() == state
    }

    /// What a shard holds, but for the rows that `keeps` refuses.
    pub fn content(&self, shard: Shard, keeps: &dyn Fn(&Entity) -> bool) -> Vec<Kept> {
        let all = self.contents(&BTreeSet::from([shard]), keeps);
        all.into_iter().flat_map(|(_, content)| content).collect()
    }

    /// What these shards hold, but for the rows that `keeps` refuses.
    pub(super) fn contents(
        &self,
        shards: &BTreeSet<Shard>,
        keeps: &dyn Fn(&Entity) -> bool,
    ) -> Vec<(Shard, Vec<Kept>)> {
        // Entry by entry: `collect` would bring along a routine to sort them, and they are in order.
        let mut contents: BTreeMap<Shard, Vec<Kept>> = BTreeMap::new();
        contents.extend(shards.iter().map(|shard| (*shard, Vec::new())));
        for kind in EntityKind::ALL.iter().copied() {
            if !shards.iter().any(|shard| shard.kind == kind) {
                continue;
            }
            each_table!(kind, |R| {
                let table = R::table(self);
                for (id, row) in &table.rows {
                    // A move that only an answer told of is not for the store: no history has it yet.
                    if kind == EntityKind::StageEvent && self.shown.contains(id) {
                        continue;
                    }
                    if let Some(content) = contents.get_mut(&Shard::of(kind, *id)) {
                        let row = R::clone(row).into_entity();
                        if keeps(&row) {
                            content.push(Kept {
                                id: *id,
                                row: Some(row),
                            });
                        }
                    }
                }
                for id in &table.tombstones {
                    if let Some(content) = contents.get_mut(&Shard::of(kind, *id)) {
                        content.push(Kept { id: *id, row: None });
                    }
                }
            });
        }
        for content in contents.values_mut() {
            sort_by_key(content, |kept| kept.id);
        }
        contents.into_iter().collect()
    }

    /// Whether the store holds this already.
    pub(super) fn is_stored(&self, shard: Shard, content: &[Kept]) -> bool {
        match self.stored.get(&shard) {
            Some(stored) => *stored == print(content),
            None => content.is_empty(),
        }
    }

    /// The store holds this now.
    pub(super) fn stored(&mut self, shard: Shard, content: &[Kept]) {
        self.stored.insert(shard, print(content));
    }

    /// What may show otherwise than at the last look.
    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// What edits need of that which differs from the store.
    pub(super) fn urgent(&self) -> BTreeSet<Shard> {
        self.urgent.clone()
    }

    /// Takes the list of what differs from the store.
    pub fn take_dirty(&mut self) -> BTreeSet<Shard> {
        self.urgent.clear();
        std::mem::take(&mut self.dirty)
    }

    /// Takes the list of what differs from the store and is needed by edits.
    pub(super) fn take_urgent(&mut self) -> BTreeSet<Shard> {
        let urgent = &self.dirty & &std::mem::take(&mut self.urgent);
        self.dirty = &self.dirty - &urgent;
        urgent
    }

    /// These differ from the store, and an edit may need them.
    pub(super) fn mark_urgent(&mut self, shards: impl IntoIterator<Item = Shard>) {
        for shard in shards {
            self.dirty.insert(shard);
            self.urgent.insert(shard);
        }
    }

    /// These differ from the store.
    pub fn mark_dirty(&mut self, shards: impl IntoIterator<Item = Shard>) {
        self.dirty.extend(shards);
    }

    /// Whether anything differs from the store.
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Every shard there can be.
    pub fn all_shards() -> impl Iterator<Item = Shard> {
        EntityKind::ALL
            .iter()
            .flat_map(|&kind| (0..shards(kind)).map(move |number| Shard { kind, number }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{activity, application::tests::sample, row::Made};

    #[test]
    fn shards_have_names_that_read_back() {
        for shard in Base::all_shards() {
            assert_eq!(Shard::parse(&shard.name()), Some(shard));
        }
        for wrong in [
            "",
            "application",
            "application/64",
            "letter/00",
            "settings/1",
        ] {
            assert_eq!(Shard::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_was_stored_comes_back_and_is_not_dirty() {
        let mut base = Base::default();
        let row = sample(7);
        base.take(row.id, row.clone());
        base.delete(EntityKind::Application, Uuid::from_u128(7 + 64));
        let shard = Shard::of(EntityKind::Application, row.id);
        assert_eq!(
            base.take_dirty(),
            BTreeSet::from([
                shard,
                Shard::of(EntityKind::Application, Uuid::from_u128(71))
            ])
        );
        let content = base.content(shard, &|_| true);
        let mut again = Base::default();
        again.join(shard, content);
        assert!(!again.is_dirty());
        assert_eq!(**again.table::<Application>().get(row.id).unwrap(), row);
        assert!(again.table::<Application>().is_deleted(Uuid::from_u128(71)));
    }

    #[test]
    fn an_earlier_state_that_another_page_stored_is_written_over() {
        let old = sample(1);
        let new = old
            .patched(&Default::default(), Made::utc(old.updated_at))
            .unwrap();
        let mut base = Base::default();
        base.take(new.id, new.clone());
        // It came while it was left out of the store.
        base.take_dirty();
        let shard = Shard::of(EntityKind::Application, old.id);
        let stored = |row: &Application| Kept {
            id: row.id,
            row: Some(Entity::Application(Box::new(row.clone()))),
        };
        base.join(shard, vec![stored(&old)]);
        assert_eq!(base.take_dirty(), BTreeSet::from([shard]));
        base.join(shard, vec![stored(&new)]);
        assert!(!base.is_dirty());
    }

    #[test]
    fn the_state_of_a_row_of_every_kind_that_people_change_is_known() {
        let mut base = Base::default();
        let activity = activity::tests::sample(7, 1);
        let moved = StageEvent::recorded(&sample(1), "moved", None, sample(1).updated_at);
        base.take(activity.id, activity.clone());
        base.take(moved.id, moved.clone());
        assert_eq!(base.state(activity.id), Some(activity.seen()));
        assert_eq!(base.state(moved.id), Some(moved.seen()));
    }

    #[test]
    fn the_newer_state_stays_whichever_comes_first() {
        let old = sample(1);
        let new = old
            .patched(&Default::default(), Made::utc(old.updated_at))
            .unwrap();
        for order in [[&old, &new], [&new, &old]] {
            let mut base = Base::default();
            for row in order {
                base.take(row.id, row.clone());
            }
            assert_eq!(**base.table::<Application>().get(old.id).unwrap(), new);
        }
    }
}
