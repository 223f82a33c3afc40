//! stub
use leptos::prelude::*;
#[component]
pub fn App() -> impl IntoView { view!{<p>hi</p>} }
pub fn shell(_o: LeptosOptions) -> impl IntoView { view!{<p>hi</p>} }
