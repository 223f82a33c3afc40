//! Who is asking: sessions, sign-in by mail, CSRF, limits.

pub mod caller;
pub mod cookies;
pub mod csrf;
pub mod limits;
pub mod magic_link;
pub mod session;
