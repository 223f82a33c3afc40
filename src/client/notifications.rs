//! Notifications of the system, for what falls due while nobody looks at the page. Whether they are wanted is
//! said for this device, and asked of the browser at that press alone. On the server there are none.

/// What this device does about notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alerts {
    /// The browser has none.
    #[default]
    Unsupported,
    /// The browser refuses them: the person said so once.
    Blocked,
    /// They are not wanted.
    Off,
    /// They are wanted, and the browser's question whether it may show them is open.
    Asking,
    /// They show.
    On,
}

impl Alerts {
    /// As it follows from what the browser says of its permission, if it has any, and from what is wanted.
    #[cfg(any(test, feature = "hydrate"))]
    fn of(permission: Option<&str>, wanted: bool) -> Self {
        match permission {
            None => Self::Unsupported,
            Some("denied") => Self::Blocked,
            Some("granted") if wanted => Self::On,
            Some(_) => Self::Off,
        }
    }

    /// What holds once a person has said whether they are wanted, until the browser has answered.
    #[cfg(any(test, feature = "hydrate"))]
    fn until_answered(permission: Option<&str>, wanted: bool) -> Self {
        match Self::of(permission, wanted) {
            Self::Off if wanted => Self::Asking,
            now => now,
        }
    }
}

#[cfg(not(feature = "hydrate"))]
mod nowhere {
    use super::Alerts;

    /// What this device does.
    pub fn of_device() -> Alerts {
        Alerts::Unsupported
    }

    /// What holds until [`choose`] answers.
    pub fn until_chosen(_wanted: bool) -> Alerts {
        Alerts::Unsupported
    }

    /// They are wanted, or not.
    pub async fn choose(_wanted: bool) -> Alerts {
        Alerts::Unsupported
    }

    /// Shows one.
    pub fn show(_title: &str, _body: &str, _tag: &str, _address: &str) {}

    /// Opens what is pressed.
    pub fn listen(_open: impl Fn(&str) + 'static) {}
}
#[cfg(not(feature = "hydrate"))]
pub use nowhere::{choose, listen, of_device, show, until_chosen};

#[cfg(feature = "hydrate")]
pub use browser::{choose, listen, of_device, show, until_chosen};

#[cfg(feature = "hydrate")]
mod browser {
    use super::Alerts;
    use js_sys::{Array, Function, Object, Promise, Reflect};
    use leptos::prelude::window;
    use std::cell::RefCell;
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use wasm_bindgen_futures::{JsFuture, spawn_local};

    /// Where this device keeps that they are wanted.
    const KEY: &str = "notify";
    const ICON: &str = "/icons/icon-192.png";

    /// Opens an address of this page.
    type Open = Box<dyn Fn(&str)>;

    thread_local! {
        static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
    }

    fn get(of: &JsValue, name: &str) -> Option<JsValue> {
        let value = Reflect::get(of, &name.into()).ok()?;
        (!value.is_undefined() && !value.is_null()).then_some(value)
    }

    fn call(of: &JsValue, name: &str, arguments: &Array) -> Option<JsValue> {
        let function: Function = get(of, name)?.dyn_into().ok()?;
        function.apply(of, arguments).ok()
    }

    async fn settled(promise: Option<JsValue>) -> Option<JsValue> {
        JsFuture::from(promise?.dyn_into::<Promise>().ok()?)
            .await
            .ok()
    }

    fn constructor() -> Option<JsValue> {
        get(&window(), "Notification")
    }

    fn set(object: &Object, name: &str, value: &JsValue) {
        // Refused never: a fresh object takes any field.
        _ = Reflect::set(object, &name.into(), value);
    }

    fn permission() -> Option<String> {
        get(&constructor()?, "permission")?.as_string()
    }

    /// What holds until [`choose`] answers: the browser may ask the person first.
    pub fn until_chosen(wanted: bool) -> Alerts {
        Alerts::until_answered(permission().as_deref(), wanted)
    }

    /// What this device does.
    pub fn of_device() -> Alerts {
        let permission = permission();
        let storage = window().local_storage().ok().flatten();
        let wanted = storage.and_then(|storage| storage.get_item(KEY).ok().flatten());
        Alerts::of(permission.as_deref(), wanted.is_some())
    }

    /// They are wanted, or not. Where the browser has not been asked yet it is asked now: at a press of the
    /// person, as it demands. Answers what holds then.
    pub async fn choose(wanted: bool) -> Alerts {
        if wanted {
            let asked = constructor().and_then(|it| call(&it, "requestPermission", &Array::new()));
            settled(asked).await;
        }
        if let Ok(Some(storage)) = window().local_storage() {
            // Where storage is refused they stay off.
            _ = if wanted {
                storage.set_item(KEY, "1")
            } else {
                storage.remove_item(KEY)
            };
        }
        of_device()
    }

    /// Shows one, which opens `address` when it is pressed. Of one `tag` there is one, however many pages
    /// show it.
    pub fn show(title: &str, body: &str, tag: &str, address: &str) {
        let (title, address) = (JsValue::from_str(title), address.to_owned());
        let options = Object::new();
        for (name, value) in [("body", body), ("tag", tag), ("icon", ICON)] {
            set(&options, name, &value.into());
        }
        let data = Object::new();
        set(&data, "address", &address.as_str().into());
        set(&options, "data", &data);
        spawn_local(async move {
            let arguments = Array::of2(&title, &options);
            // A phone shows those of a worker alone.
            let container = get(&window().navigator(), "serviceWorker");
            let asked = container.and_then(|it| call(&it, "getRegistration", &Array::new()));
            let worker = settled(asked)
                .await
                .filter(|it| get(it, "active").is_some());
            if let Some(worker) = worker {
                settled(call(&worker, "showNotification", &arguments)).await;
                return;
            }
            let Some(Ok(constructor)) = constructor().map(JsCast::dyn_into::<Function>) else {
                return;
            };
            // Refused where a worker is asked for.
            let Ok(shown) = Reflect::construct(&constructor, &arguments) else {
                return;
            };
            let pressed = Closure::once_into_js(move || {
                // Refused by a browser that lets no page come forward.
                _ = window().focus();
                open(&address);
            });
            set(shown.unchecked_ref(), "onclick", &pressed);
        });
    }

    fn open(address: &str) {
        OPEN.with_borrow(|open| {
            if let Some(open) = open {
                open(address);
            }
        });
    }

    /// From now on `open` is called with the address of one that is pressed, here or at the worker.
    pub fn listen(open_it: impl Fn(&str) + 'static) {
        let before = OPEN.replace(Some(Box::new(open_it)));
        if before.is_some() {
            return;
        }
        let Some(container) = get(&window().navigator(), "serviceWorker") else {
            return;
        };
        let heard = Closure::<dyn Fn(JsValue)>::new(|event: JsValue| {
            let data = get(&event, "data");
            let word = |name| data.as_ref().and_then(|data| get(data, name)?.as_string());
            if word("type").as_deref() == Some("open")
                && let Some(address) = word("address")
            {
                open(&address);
            }
        });
        set(
            container.unchecked_ref(),
            "onmessage",
            &heard.into_js_value(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::Alerts;

    #[test]
    fn they_show_where_they_are_wanted_and_the_browser_lets_them() {
        for (permission, wanted, alerts) in [
            (None, true, Alerts::Unsupported),
            (Some("denied"), true, Alerts::Blocked),
            (Some("denied"), false, Alerts::Blocked),
            (Some("default"), false, Alerts::Off),
            // Taken back in the browser's own settings.
            (Some("default"), true, Alerts::Off),
            (Some("granted"), false, Alerts::Off),
            (Some("granted"), true, Alerts::On),
        ] {
            assert_eq!(
                Alerts::of(permission, wanted),
                alerts,
                "{permission:?} {wanted}"
            );
        }
    }

    #[test]
    fn they_are_on_no_sooner_than_the_browser_has_said_so() {
        for (permission, wanted, alerts) in [
            (Some("default"), true, Alerts::Asking),
            (Some("default"), false, Alerts::Off),
            (Some("granted"), true, Alerts::On),
            (Some("granted"), false, Alerts::Off),
            (Some("denied"), true, Alerts::Blocked),
            (None, true, Alerts::Unsupported),
        ] {
            let now = Alerts::until_answered(permission, wanted);
            assert_eq!(now, alerts, "{permission:?} {wanted}");
        }
    }
}
