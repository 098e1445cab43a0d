//! Reports as text: whole for small ones, and properties that hold for all.

mod builder;
mod properties;
mod whole;
