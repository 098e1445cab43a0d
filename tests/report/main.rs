//! From what rules found to what is reported.

mod baseline;
mod findings;
mod hidden;
mod indexes;
mod live;
mod schema;
#[path = "../support/mod.rs"]
mod support;
mod targets;
mod whole;
mod world;
