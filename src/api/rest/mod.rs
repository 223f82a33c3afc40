//! The protocol that makes a server function a REST endpoint.
//!
//! A function's arguments come from the request by their names: `body` is the JSON body, `query`
//! the query string, `if_match` the state that `If-Match` and [`IF_UPDATED_AT`] name; any other name is
//! a path parameter. What it returns decides status and headers ([`Reply`]).

mod address;
mod arguments;
mod reply;

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "ssr")]
mod parse;
#[cfg(feature = "ssr")]
mod server;

pub use address::address;
pub use arguments::{Body, IF_UPDATED_AT, Query, Version};
pub use reply::{Reply, Resource};
#[cfg(feature = "ssr")]
pub use server::MAX_BODY;
use std::marker::PhantomData;

/// A method of HTTP, as a type.
pub trait Verb: Send + Sync + 'static {
    /// The method.
    const METHOD: http::Method;
    /// Whether `If-Match` must be sent.
    const NEEDS_VERSION: bool = false;
    /// Whether a body is read.
    const HAS_BODY: bool = false;
}

macro_rules! verb {
    ($(#[$meta:meta])* $name:ident, $method:ident, $version:literal, $body:literal) => {
        $(#[$meta])*
        pub struct $name;
        impl Verb for $name {
            const METHOD: http::Method = http::Method::$method;
            const NEEDS_VERSION: bool = $version;
            const HAS_BODY: bool = $body;
        }
    };
}
verb!(/// Reads.
    Get, GET, false, false);
verb!(/// Creates, or does something.
    Post, POST, false, true);
verb!(/// Changes a version.
    Patch, PATCH, true, true);
verb!(/// Deletes a version.
    Delete, DELETE, true, false);

/// The protocol, for one method.
pub struct Rest<V>(PhantomData<V>);
