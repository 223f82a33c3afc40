//! What stands around a control: its label, and what is wrong with what it holds.

use leptos::{children::ViewFnOnce, prelude::*};

/// The id of a field's control.
pub fn input_id(field: &str) -> String {
    format!("f-{field}")
}

/// The id of what is said to be wrong with a field.
pub fn error_id(field: &str) -> String {
    error_of(&input_id(field))
}

fn error_of(control: &str) -> String {
    format!("{control}-error")
}

/// A control with its label beside it.
#[component]
pub fn FieldRow(
    /// What the field is called; none where the title of its group says so.
    #[prop(optional, into)]
    label: Option<&'static str>,
    /// The id of the control; what is wrong with it has the same and `-error`.
    #[prop(into)]
    control: String,
    /// What is wrong.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// It takes the whole width: its label, if any, is only read out.
    #[prop(optional)]
    wide: bool,
    /// What stands below the complaint.
    #[prop(optional, into)]
    below: ViewFnOnce,
    /// The control.
    children: Children,
) -> impl IntoView {
    let (frame, name) = if wide {
        ("field field-wide", "visually-hidden")
    } else {
        ("field", "field-label")
    };
    let complaint = error_of(&control);
    view! {
        <div class=frame data-invalid=move || error.with(Option::is_some).then_some("")>
            {label.map(|label| view! { <label class=name for=control>{label}</label> })}
            <div class="field-control">
                {children()}
                <p class="field-error" id=complaint>{error}</p>
                {below.run()}
            </div>
        </div>
    }
}

/// A large control with its label above it, in a form that is sent as a whole.
#[component]
pub fn Stacked(
    /// What the field is called.
    label: &'static str,
    /// The id of the control; what is wrong with it has the same and `-error`.
    control: &'static str,
    /// What is wrong.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// What is wrong is read out at once: the answer comes later than the press.
    #[prop(optional)]
    alert: bool,
    /// The control.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="stack">
            <label class="stack-label" for=control>{label}</label>
            {children()}
            <p class="field-error" id=error_of(control) role=alert.then_some("alert")>{error}</p>
        </div>
    }
}

/// Fields that belong together, under a title.
#[component]
pub fn Group(
    /// The title.
    title: &'static str,
    /// The fields.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="group">
            <h3 class="group-title">{title}</h3>
            <div class="fields">{children()}</div>
        </section>
    }
}
