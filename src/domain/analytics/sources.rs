//! Where applications came from, and what became of them.

use super::{Course, Range, share, summary::totals};
use crate::domain::{order::sort_by_key, tags::folded};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, collections::BTreeMap};

/// What came of one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct OfSource {
    /// Which, as it is spelled most often.
    pub source: String,
    /// Applications.
    pub applications: u64,
    /// Those of them that anybody answered.
    pub responses: u64,
    /// Those that reached Screening or later.
    pub interviews: u64,
    /// Those that reached an offer.
    pub offers: u64,
    /// Responses as a share of the applications, from 0 to 1 to four places.
    pub response_rate: f64,
    /// Offers as a share of the applications, from 0 to 1 to four places.
    pub offer_rate: f64,
}

/// The answer of `GET /analytics/source-breakdown`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Sources {
    /// Those with the most applications first.
    pub sources: Vec<OfSource>,
}

/// What came of each source, of the applications of a range. Spellings that differ in case alone are one.
pub fn sources(courses: &[Course], range: Range) -> Sources {
    let mut by_source: BTreeMap<String, Vec<&Course>> = BTreeMap::new();
    for course in courses.iter().filter(|course| course.is_in(range)) {
        let source = folded(course.subject.source.as_str());
        by_source.entry(source).or_default().push(course);
    }
    let mut sources: Vec<OfSource> = by_source.into_values().map(|of| of_source(&of)).collect();
    sort_by_key(&mut sources, |it| {
        (Reverse(it.applications), it.source.clone())
    });
    Sources { sources }
}

fn of_source(courses: &[&Course]) -> OfSource {
    let mut spellings: BTreeMap<&str, u64> = BTreeMap::new();
    for course in courses {
        *spellings.entry(course.subject.source.as_str()).or_default() += 1;
    }
    let commonest = spellings
        .into_iter()
        .max_by_key(|(spelling, count)| (*count, Reverse(*spelling)));
    let totals = totals(courses.iter().copied());
    OfSource {
        source: commonest
            .map(|(spelling, _)| spelling.to_owned())
            .unwrap_or_default(),
        applications: totals.applications,
        responses: totals.responses,
        interviews: totals.interviews,
        offers: totals.offers,
        response_rate: share(totals.responses, totals.applications).unwrap_or_default(),
        offer_rate: share(totals.offers, totals.applications).unwrap_or_default(),
    }
}
