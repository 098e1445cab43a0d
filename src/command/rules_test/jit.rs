//! Examples that need a server which was built with JIT: many are not.

use super::{ExampleError, Verdict, fetch};
use crate::rule::Example;
use crate::server::scratch::Scratch;

/// What becomes of an example that this server cannot run.
pub(super) async fn in_the_way(server: &Scratch, example: &Example) -> Option<Verdict> {
    if !example.jit {
        return None;
    }
    match available(server).await {
        Ok(true) => None,
        Ok(false) => Some(Verdict::NotForThisServer),
        Err(error) => Some(Verdict::Failed(Box::new(error))),
    }
}

async fn available(server: &Scratch) -> Result<bool, ExampleError> {
    let mut admin = server.connect("postgres").await?;
    fetch(&mut admin, "SELECT pg_jit_available() FROM set_config('jit', 'on', false)").await
}
