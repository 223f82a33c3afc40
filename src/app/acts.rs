//! One act has one effect, however often and however long a key is pressed for it.
//!
//! A form takes one submit ([`Submission`]); a key that is held repeats text and ways to go, and no
//! deeds ([`Keyboard`], before any other listener hears of it). Where rows slide into the place of one that
//! goes (`data-slides`), the second half of a double press is no deed to the next one ([`Pointer`]).

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

/// A press, as far as it matters whether it is the second half of another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Press {
    /// When, in milliseconds.
    pub at: f64,
    /// How often in a row the browser says that this place was pressed; by a key, never.
    pub count: i32,
    /// By a finger: browsers do not count those.
    pub is_touch: bool,
    /// Where in the window, in pixels.
    pub place: (i32, i32),
}

/// What is known of the last press among rows that slide.
#[derive(Debug, Default)]
pub struct Pointer {
    last: Option<Press>,
}

/// A finger that comes down again so many milliseconds later, and as near as this, presses twice.
const TAP_MS: f64 = 350.0;
const TAP_PX: i32 = 24;

impl Pointer {
    /// Something is pressed, `same` where it is what was pressed before. Answers whether that may have an
    /// effect: what slid under the pointer was not meant.
    pub fn admits(&mut self, press: Press, same: bool) -> bool {
        let is_second = |last: &Press| {
            let near = |one: i32, other: i32| one.abs_diff(other) <= TAP_PX.unsigned_abs();
            let (here, there) = (press.place, last.place);
            let is_here = near(here.0, there.0) && near(here.1, there.1);
            let is_soon = press.is_touch && press.at - last.at < TAP_MS;
            is_here && (press.count > 1 || is_soon)
        };
        if !same && self.last.as_ref().is_some_and(is_second) {
            return false;
        }
        self.last = Some(press);
        true
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
    use super::{Keyboard, Place, Pointer, Press};
    use crate::client::dom::CaptureListener;
    use leptos::prelude::*;
    use std::{cell::RefCell, rc::Rc};
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, KeyboardEvent, MouseEvent, PointerEvent};

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
        let mut among_rows = Pointer::default();
        let mut pressed = None::<Element>;
        let click = CaptureListener::new("click", move |event| {
            let Some((press, control)) = press(&event) else {
                return;
            };
            let same = pressed.as_ref() == Some(&control);
            if among_rows.admits(press, same) {
                pressed = Some(control);
            } else {
                event.prevent_default();
                event.stop_immediate_propagation();
            }
        });
        let listeners = send_wrapper::SendWrapper::new((submit, keydown, pointer, click));
        on_cleanup(move || drop(listeners));
    }

    /// What is pressed, where it is among rows that slide.
    fn press(event: &Event) -> Option<(Press, Element)> {
        let click: &MouseEvent = event.dyn_ref()?;
        let target: Element = event.target()?.dyn_into().ok()?;
        let control = target.closest("button, a").ok().flatten()?;
        control.closest("[data-slides]").ok().flatten()?;
        // Newer browsers say by what it was pressed.
        let by = event
            .dyn_ref::<PointerEvent>()
            .map(PointerEvent::pointer_type);
        let press = Press {
            at: event.time_stamp(),
            count: click.detail(),
            is_touch: by.as_deref() == Some("touch"),
            place: (click.client_x(), click.client_y()),
        };
        Some((press, control))
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
    use super::{ECHO_MS, Keyboard, Place, Pointer, Press, Submission};
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
    fn the_second_half_of_a_double_press_is_none_of_what_slid_under_the_pointer() {
        let click = |at, count| Press {
            at,
            count,
            is_touch: false,
            place: (300, 200),
        };
        let mut pointer = Pointer::default();
        assert!(pointer.admits(click(1000.0, 1), false));
        assert!(!pointer.admits(click(1200.0, 2), false));
        assert!(!pointer.admits(click(1400.0, 3), false));
        // The same button may be pressed as often as one likes; another one, in another press, too.
        assert!(pointer.admits(click(1500.0, 4), true));
        assert!(pointer.admits(click(1900.0, 1), false));
        // Somewhere else it is another press, whatever the browser counts.
        let elsewhere = Press {
            place: (300, 260),
            ..click(2000.0, 2)
        };
        assert!(pointer.admits(elsewhere, false));
        let tap = |at| Press {
            is_touch: true,
            ..click(at, 1)
        };
        assert!(pointer.admits(tap(3000.0), false));
        assert!(!pointer.admits(tap(3250.0), false));
        assert!(pointer.admits(tap(3400.0), false));
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
