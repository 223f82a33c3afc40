//! How figures are counted, for people.

use leptos::prelude::*;

/// The rules, behind a word.
#[component]
pub fn HowCounted() -> impl IntoView {
    view! {
        <details class="figures figures-more how-counted">
            <summary>"How this is counted"</summary>
            <ul>
                <li>"An application belongs to the day on which you applied, by your clock. A figure of some days is of the applications of those days, and of what has become of them since."</li>
                <li>"Drafts are in no figure. What you archived counts; what you deleted does not."</li>
                <li>"An application reached a stage when you moved it there or further on, also if it was rejected later. A declined offer was an offer. Rejected, ghosted, withdrawn and on hold reach nothing by themselves."</li>
                <li>"A move that you took back within ten minutes, undid, or struck out in its story does not count."</li>
                <li>"An answer is a move to Screening or further, a rejection, or an interview or a call that took place. Silence is none."</li>
                <li>"Interviews are applications that reached Screening or further, stages that were skipped included."</li>
                <li>"Spellings of a source that differ in capitals alone are one."</li>
                <li>"To do next is: the answer to an offer that is due within a week, or was; an offer of three days of which nothing is due; an interview within a week without a word on what to prepare; what was answered and has not moved for ten days, with nothing planned; a draft of a week."</li>
            </ul>
        </details>
    }
}
