//! Examples that need a server which was built with JIT: many are not.

use super::server::{Server, fetch};
use super::{ExampleError, Verdict};
use crate::rule::Example;

/// What becomes of an example that this server cannot run.
pub(super) async fn in_the_way(server: &mut Server, example: &Example) -> Option<Verdict> {
    if !example.jit {
        return None;
    }
    match available(server).await {
        Ok(true) => None,
        Ok(false) => Some(Verdict::NotForThisServer),
        Err(error) => Some(Verdict::Failed(Box::new(error))),
    }
}

async fn available(server: &mut Server) -> Result<bool, ExampleError> {
    fetch(server.admin().await?, "SELECT pg_jit_available() FROM set_config('jit', 'on', false)").await
}
