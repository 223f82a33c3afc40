//! One act has one effect, however often and however long a key is pressed for it.
//!
//! A form takes one submit ([`Submission`]); a key that is held repeats text and ways to go, and no
//! deeds ([`Keyboard`], before any other listener hears of it).

use leptos::prelude::*;

/// A form, or a button: what was submitted is not submitted again, until that has failed, or the form
/// is shown anew.
#[derive(Clone, Copy, Default)]
pub struct Submission(RwSignal<bool>);

impl Submission {
    /// Submits. Answers whether it was the first time: any other is to have no effect.
    #[must_use]
    pub fn begin(self) -> bool {
        // Gone with its form: too late.
        self.0
            .try_maybe_update(|busy| {
                let first = !*busy;
                *busy = true;
                (first, first)
            })
            .unwrap_or_default()
    }

    /// It has failed, or the form is shown anew: it may be submitted again.
    pub fn end(self) {
        self.0.try_set(false);
    }

    /// Whether something was submitted.
    pub fn is_under_way(self) -> bool {
        self.0.get()
    }

    /// The same for `aria-busy`.
    pub fn busy(self) -> Option<&'static str> {
        self.is_under_way().then_some("true")
    }
}

/// What a key goes into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// No text: keys are commands.
    #[default]
    Page,
    /// One line of text, where Enter submits.
    Line,
    /// Text over several lines.
    Prose,
}

/// What is known of the keys that are down.
#[derive(Debug, Default)]
pub struct Keyboard {
    /// Where the last key was pressed.
    pressed_in: Place,
    /// When a form was submitted last, in milliseconds.
    submitted_at: Option<f64>,
}

/// Enter again so many milliseconds after a submit is the same press, to whoever makes it.
const ECHO_MS: f64 = 400.0;

impl Keyboard {
    /// A form was submitted.
    pub fn submitted(&mut self, at: f64) {
        self.submitted_at = Some(at);
    }

    /// Something else was done than pressing Enter again: another Enter is another act.
    pub fn acts_otherwise(&mut self, at: f64) {
        self.submitted_at = self.submitted_at.filter(|then| at <= *then);
    }

    /// A key goes down, or is held (`repeat`). Answers whether that may have an effect.
    pub fn admits(&mut self, key: &str, repeat: bool, place: Place, at: f64) -> bool {
        if repeat {
            return self.repeats(key, place);
        }
        if !is_modifier(key) {
            self.pressed_in = place;
            if key != "Enter" {
                self.acts_otherwise(at);
            }
        }
        // Where the form went away with it, the second one would press whatever has the focus now.
        let echo = self.submitted_at.is_some_and(|then| at - then < ECHO_MS);
        !(key == "Enter" && echo && place != Place::Prose)
    }

    /// A held key goes on with what it did when it was pressed, where that is typing or walking.
    fn repeats(&self, key: &str, place: Place) -> bool {
        let walks = matches!(
            key,
            "ArrowUp"
                | "ArrowDown"
                | "ArrowLeft"
                | "ArrowRight"
                | "Home"
                | "End"
                | "PageUp"
                | "PageDown"
                | "Tab"
        );
        match (self.pressed_in, place) {
            _ if walks => true,
            (_, _) if key == "Escape" => false,
            (Place::Page, Place::Page) => matches!(key, "h" | "j" | "k" | "l"),
            (Place::Prose, Place::Prose) => true,
            (Place::Line, Place::Line) => key != "Enter",
            // The focus went elsewhere with what the key did.
            _ => false,
        }
    }
}

fn is_modifier(key: &str) -> bool {
    matches!(
        key,
        "Shift" | "Control" | "Alt" | "AltGraph" | "Meta" | "CapsLock" | "Fn"
    )
}

/// Listens before all others, while the caller lives.
pub fn listen() {
    #[cfg(feature = "hydrate")]
    browser::listen();
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::{Keyboard, Place};
    use crate::client::dom::CaptureListener;
    use leptos::prelude::*;
    use std::{cell::RefCell, rc::Rc};
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, KeyboardEvent};

    pub(super) fn listen() {
        let keyboard = Rc::new(RefCell::new(Keyboard::default()));
        let submitted = keyboard.clone();
        let submit = CaptureListener::new("submit", move |event| {
            submitted.borrow_mut().submitted(event.time_stamp());
        });
        let pressed = keyboard.clone();
        let keydown = CaptureListener::new("keydown", move |event| {
            // Browsers send one without a key where they fill in a form.
            let Some(key) = event.dyn_ref::<KeyboardEvent>() else {
                return;
            };
            if key.is_composing() || key.ctrl_key() || key.meta_key() || key.alt_key() {
                return;
            }
            let (place, at) = (place(&event), event.time_stamp());
            let mut keyboard = pressed.borrow_mut();
            if !keyboard.admits(&key.key(), key.repeat(), place, at) {
                event.prevent_default();
                event.stop_immediate_propagation();
            }
        });
        let pointed = keyboard.clone();
        let pointer = CaptureListener::new("pointerdown", move |event| {
            pointed.borrow_mut().acts_otherwise(event.time_stamp());
        });
        let listeners = send_wrapper::SendWrapper::new((submit, keydown, pointer));
        on_cleanup(move || drop(listeners));
    }

    fn place(event: &Event) -> Place {
        let element = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let is_in = |selector| {
            let found = element.as_ref()?.closest(selector).ok().flatten();
            found.map(drop)
        };
        if is_in("textarea, [contenteditable]").is_some() {
            Place::Prose
        } else if is_in("input, select").is_some() {
            Place::Line
        } else {
            Place::Page
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ECHO_MS, Keyboard, Place, Submission};
    use leptos::prelude::Owner;

    /// Holds a key that was pressed in one place, and then is down in another.
    fn held(key: &str, pressed: Place, then: Place) -> bool {
        let mut keyboard = Keyboard::default();
        assert!(
            keyboard.admits(key, false, pressed, 0.0),
            "the press itself"
        );
        keyboard.admits(key, true, then, 500.0)
    }

    #[test]
    fn a_held_key_repeats_no_deed() {
        use Place::{Line, Page, Prose};
        for (key, pressed, then, repeats) in [
            // Archive, pick up, open, close.
            ("e", Page, Page, false),
            (" ", Page, Page, false),
            ("Enter", Page, Page, false),
            ("Escape", Page, Page, false),
            // It opened a dialog with a field in it.
            ("c", Page, Line, false),
            ("/", Page, Line, false),
            // It submitted a form, which went away.
            ("Enter", Line, Line, false),
            ("Enter", Line, Page, false),
            ("Escape", Line, Page, false),
            ("Escape", Prose, Prose, false),
            // Typing, and walking.
            ("a", Line, Line, true),
            (" ", Line, Line, true),
            ("Backspace", Line, Line, true),
            ("Backspace", Line, Page, false),
            ("Enter", Prose, Prose, true),
            ("ArrowDown", Page, Page, true),
            ("ArrowDown", Line, Page, true),
            ("j", Page, Page, true),
            ("Tab", Page, Line, true),
        ] {
            assert_eq!(
                held(key, pressed, then),
                repeats,
                "{key} {pressed:?} {then:?}"
            );
        }
    }

    #[test]
    fn a_modifier_is_no_press_of_its_own() {
        let mut keyboard = Keyboard::default();
        assert!(keyboard.admits("c", false, Place::Page, 0.0));
        assert!(keyboard.admits("Shift", false, Place::Line, 10.0));
        assert!(!keyboard.admits("C", true, Place::Line, 20.0));
    }

    #[test]
    fn enter_right_after_a_submit_is_the_same_press() {
        let mut keyboard = Keyboard::default();
        assert!(keyboard.admits("Enter", false, Place::Line, 1000.0));
        keyboard.submitted(1001.0);
        // Pressed before the page came to it, too.
        for at in [1000.5, 1100.0, 1001.0 + ECHO_MS - 1.0] {
            assert!(!keyboard.admits("Enter", false, Place::Page, at));
            assert!(!keyboard.admits("Enter", false, Place::Line, at));
            assert!(keyboard.admits("Shift", false, Place::Line, at));
            assert!(keyboard.admits("Enter", false, Place::Prose, at));
        }
        assert!(keyboard.admits("Enter", false, Place::Page, 1001.0 + ECHO_MS));
    }

    #[test]
    fn enter_after_something_else_is_another_act_however_soon() {
        let mut keyboard = Keyboard::default();
        keyboard.submitted(1001.0);
        assert!(keyboard.admits("c", false, Place::Page, 1100.0));
        assert!(keyboard.admits("Enter", false, Place::Line, 1150.0));
        keyboard.submitted(1151.0);
        // A key of before the submit is none after it.
        assert!(keyboard.admits("t", false, Place::Line, 1150.5));
        assert!(!keyboard.admits("Enter", false, Place::Page, 1200.0));
        // The pointer.
        keyboard.acts_otherwise(1210.0);
        assert!(keyboard.admits("Enter", false, Place::Line, 1220.0));
    }

    #[test]
    fn a_form_takes_one_submit_until_it_has_failed() {
        Owner::new().with(|| {
            let submission = Submission::default();
            assert!(submission.begin());
            assert!(!submission.begin());
            assert!(!submission.begin());
            submission.end();
            assert!(submission.begin());
        });
    }
}
