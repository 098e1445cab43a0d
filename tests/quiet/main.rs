//! What must not be said: healthy systems, indexes that are needed, statements that have what they need.

#[path = "../support/mod.rs"]
mod support;

mod advice;
mod healthy;
mod keys;
mod pairs;
mod system;
