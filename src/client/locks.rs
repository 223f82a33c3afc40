//! Web Locks: one page of this origin at a time. web-sys has them only behind an unstable flag.

use futures::channel::oneshot;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// A lock that is held until this is dropped.
pub struct Held(Function);

impl Drop for Held {
    fn drop(&mut self) {
        // Resolving a promise cannot fail.
        _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

/// Waits for the lock of this name. None where the browser has no locks: then nobody holds any, and
/// the server's idempotency is what keeps pages apart.
pub async fn acquire(name: &str) -> Option<Held> {
    let navigator: JsValue = web_sys::window()?.navigator().into();
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    let request: Function = Reflect::get(&locks, &"request".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let (granted, grant) = oneshot::channel::<()>();
    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let callback = Closure::once_into_js(move |_lock: JsValue| -> JsValue {
        // Nobody waits any more where the page has given up.
        _ = granted.send(());
        held.into()
    });
    let asked = request
        .call2(&locks, &JsValue::from_str(name), &callback)
        .ok()?;
    let release = Held(release?);
    // A refusal (a document that is going away) is no grant; the promise must not go unheard.
    let ignore = Closure::once_into_js(|_error: JsValue| ());
    let asked: Promise = asked.dyn_into().ok()?;
    let catch: Function = Reflect::get(&asked, &"catch".into())
        .ok()?
        .dyn_into()
        .ok()?;
    _ = catch.call1(&asked, &ignore);
    grant.await.ok()?;
    Some(release)
}
