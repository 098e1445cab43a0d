//! What must not be said: healthy systems, indexes that are needed, statements that have what they need.

#[path = "../support/mod.rs"]
mod support;

mod advice;
mod healthy;
mod keys;
mod pairs;
#[allow(dead_code, reason = "other test binaries use the rest")]
mod system;
