//! PostgreSQL's log in all its forms: the same statements from each, and nothing lost without being counted.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::format_collect, clippy::naive_bytecount, reason = "logs of tests are small")]

mod common;
mod damage;
mod files;
mod forms;
mod wrappers;
