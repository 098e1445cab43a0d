//! Sessions for the tests.

use std::sync::Arc;

use pgassay::server::scratch::Scratch;
use pgassay::server::target::environment::Disk;
use pgassay::server::{Environment, ServerError, Session, Target, TargetOptions};

/// A machine with these variables, the real disk, and a user `tester`.
pub fn machine(variables: &[(&str, &str)]) -> Environment {
    Environment::new(variables.iter().copied(), Arc::new(Disk)).with_user("tester")
}

/// The target that `url` names, without help from the environment.
pub fn target(url: &str) -> Target {
    Target::resolve(Some(url), &TargetOptions::default(), &machine(&[]))
        .unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// A session of the superuser.
pub async fn session(server: &Scratch, database: &str) -> Session {
    session_with(&server.url(database), |_| ()).await.unwrap_or_else(|error| panic!("{error:?}"))
}

/// A session by URL, with the target changed first.
pub async fn session_with(url: &str, change: impl FnOnce(&mut Target)) -> Result<Session, ServerError> {
    let mut target = target(url);
    change(&mut target);
    Session::open(&target).await
}
