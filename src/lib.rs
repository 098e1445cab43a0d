//! pgassay: audits a PostgreSQL workload.
//!
//! The modules stand in the order in which an audit passes through them; each uses
//! only those above it (`tests/architecture.rs` holds that order).

pub mod units;

pub mod ident;

pub mod config;

pub mod snapshot;

pub mod server;

pub mod source;

pub mod workload;

pub mod analysis;

pub mod what_if;

pub mod advisor;

pub mod facts;

pub mod rule;

pub mod report;

pub mod render;

pub mod migration;

pub mod cli;

pub mod command;
