//! What a document may load and run.

/// Tells the page's scripts and styles apart from anybody else's: only ours run, and what must
/// stand in the page itself carries this page's nonce.
pub fn send() {
    #[cfg(feature = "ssr")]
    if let (Some(nonce), Some(response)) = (
        leptos::nonce::use_nonce(),
        leptos::prelude::use_context::<leptos_axum::ResponseOptions>(),
    ) && let Ok(value) = http::HeaderValue::from_str(&text(&format!("'nonce-{nonce}' ")))
    {
        response.insert_header(http::header::CONTENT_SECURITY_POLICY, value);
    }
}

/// What a document may load and run: our files, and what `scripts` names besides (followed by a
/// space).
#[cfg(feature = "ssr")]
pub fn text(scripts: &str) -> String {
    // `cargo leptos watch` reloads pages over a socket of its own.
    let dev = if std::env::var_os("LEPTOS_WATCH").is_some() {
        " ws:"
    } else {
        ""
    };
    format!(
        "default-src 'none'; script-src 'self' {scripts}'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{dev}; manifest-src 'self'; \
         worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}
