//! The coloured initial of a company.

use leptos::prelude::*;

/// The initial of `company`, in a colour that is always the same for it.
#[component]
pub fn Monogram(
    /// The company's name.
    #[prop(into)]
    company: Signal<String>,
) -> impl IntoView {
    view! {
        <span class="monogram" data-hue=move || company.with(|name| hue(name)) aria-hidden="true">
            {move || company.with(|name| initial(name))}
        </span>
    }
}

fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default()
}

/// One of twelve hues (FNV-1a over the name).
fn hue(name: &str) -> String {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash % 12).to_string()
}
