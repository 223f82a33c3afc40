//! Places in a user's history: how far a client has heard of it.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The most histories of which places are told at once: a client that knows of more reads everything anew.
pub const MOST: usize = 8;

/// A place in a history. On the wire `epoch.seq`, the epoch without hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Which history it is at that number: a database that was set back and gone on with gives the same
    /// number in another one.
    pub epoch: Uuid,
    /// The number, from 0.
    pub seq: i64,
}

impl Position {
    /// How far a cursor reaches: whoever reads from there on knows of everything up to there, or will. None
    /// where it is written otherwise than this version knows.
    pub fn of_cursor(cursor: &str) -> Option<Self> {
        let mut parts = cursor.split('.');
        let epoch = parts.next()?.parse().ok()?;
        let seq: i64 = parts.next()?.parse().ok()?;
        // In the midst of reading from nothing, where it began.
        let began = parts.next().and_then(|part| part.parse().ok());
        let seq = began.unwrap_or(seq);
        (seq >= 0).then_some(Self { epoch, seq })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch.simple(), self.seq)
    }
}

impl FromStr for Position {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (epoch, seq) = text.split_once('.')?;
            let (epoch, seq) = (epoch.parse().ok()?, seq.parse().ok()?);
            let position = Self { epoch, seq };
            // Only what we would write ourselves.
            (seq >= 0 && position.to_string() == text).then_some(position)
        };
        read().ok_or_else(|| "Send positions as they came.".to_owned())
    }
}

/// Places of which a client has heard: of each history the farthest. On the wire with commas between them,
/// in the order in which their histories were first heard of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Positions(Vec<Position>);

impl Positions {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are more than can be told at once.
    pub fn are_too_many(&self) -> bool {
        self.0.len() > MOST
    }

    /// The places.
    pub fn iter(&self) -> impl Iterator<Item = Position> {
        self.0.iter().copied()
    }

    /// One more.
    pub fn add(&mut self, position: Position) {
        match self.0.iter_mut().find(|it| it.epoch == position.epoch) {
            Some(known) => known.seq = known.seq.max(position.seq),
            None => self.0.push(position),
        }
    }

    /// Those of both.
    pub fn join(&mut self, other: &Self) {
        other.iter().for_each(|position| self.add(position));
    }

    /// Without those up to which `other` reaches.
    pub fn drop_up_to(&mut self, other: &Self) {
        let reaches = |it: &Position| other.iter().any(|o| o.epoch == it.epoch && o.seq >= it.seq);
        self.0.retain(|it| !reaches(it));
    }
}

impl fmt::Display for Positions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, position) in self.0.iter().enumerate() {
            let before = if n == 0 { "" } else { "," };
            write!(f, "{before}{position}")?;
        }
        Ok(())
    }
}

impl FromStr for Positions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut positions = Self::default();
        for part in text.split(',').filter(|_| !text.is_empty()) {
            positions.add(part.trim().parse()?);
        }
        Ok(positions)
    }
}

impl From<Positions> for String {
    fn from(positions: Positions) -> Self {
        positions.to_string()
    }
}

impl TryFrom<String> for Positions {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: u128, seq: i64) -> Position {
        let epoch = Uuid::from_u128(epoch);
        Position { epoch, seq }
    }

    fn of(all: &[(u128, i64)]) -> Positions {
        let mut positions = Positions::default();
        all.iter()
            .for_each(|(epoch, seq)| positions.add(at(*epoch, *seq)));
        positions
    }

    #[test]
    fn of_each_history_the_farthest_is_known() {
        assert_eq!(of(&[(1, 7), (2, 3), (1, 5), (2, 9)]), of(&[(1, 7), (2, 9)]));
        let mut both = of(&[(1, 7)]);
        both.join(&of(&[(2, 1), (1, 8)]));
        assert_eq!(both, of(&[(1, 8), (2, 1)]));
    }

    #[test]
    fn what_was_heard_of_since_stays() {
        let mut known = of(&[(1, 7), (2, 9), (3, 1)]);
        known.drop_up_to(&of(&[(1, 7), (2, 8), (4, 100)]));
        assert_eq!(known, of(&[(2, 9), (3, 1)]));
    }

    #[test]
    fn they_survive_the_wire() {
        for positions in [of(&[]), of(&[(1, 0)]), of(&[(2, i64::MAX), (1, 3)])] {
            let text = positions.to_string();
            assert_eq!(text.parse::<Positions>().unwrap(), positions, "{text}");
            let json = serde_json::to_string(&positions).unwrap();
            assert_eq!(serde_json::from_str::<Positions>(&json).unwrap(), positions);
        }
        let [a, b] = [1, 2].map(|epoch| Uuid::from_u128(epoch).simple().to_string());
        // As a proxy may write a list.
        assert_eq!(format!("{a}.1, {b}.2").parse(), Ok(of(&[(1, 1), (2, 2)])));
        for text in [
            "1",
            ",",
            ".1",
            "x.1",
            &format!("{a}.-1"),
            &format!("{a}.01"),
            &format!("{a}.1,"),
            &a,
        ] {
            assert!(text.parse::<Positions>().is_err(), "{text}");
        }
    }
}
