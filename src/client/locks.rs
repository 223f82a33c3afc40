//! Web Locks: one page of this origin at a time. web-sys has them only behind an unstable flag.

use futures::channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// A lock that is held until this is dropped.
pub struct Held(Function);

impl Drop for Held {
    fn drop(&mut self) {
        // Resolving a promise cannot fail.
        _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

/// Waits for the lock of this name, or takes it from the page that has it. `lost` is called where it
/// is taken from this one. None where the browser has no locks: then nobody holds any, and the server's
/// idempotency is what keeps pages apart.
pub async fn acquire(name: &str, steal: bool, lost: impl FnOnce() + 'static) -> Option<Held> {
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
    let options = Object::new();
    Reflect::set(&options, &"steal".into(), &steal.into()).ok()?;
    let asked = request
        .call3(&locks, &JsValue::from_str(name), &options, &callback)
        .ok()?;
    let release = Held(release?);
    // Refused when it is taken away, or the document is going away; never when it is released.
    let refused = Closure::once_into_js(move |_error: JsValue| lost());
    let asked: Promise = asked.dyn_into().ok()?;
    let catch: Function = Reflect::get(&asked, &"catch".into())
        .ok()?
        .dyn_into()
        .ok()?;
    _ = catch.call1(&asked, &refused);
    grant.await.ok()?;
    Some(release)
}
