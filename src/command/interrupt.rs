//! Ctrl-C that ends something early instead of the program.
//!
//! Once a program listens to the signal, the system no longer ends it; so whoever listens has to, as long as nobody
//! else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The exit code of a program that Ctrl-C ended, as shells have it.
const INTERRUPTED: i32 = 130;

/// Listens until it is dropped. The first Ctrl-C is told while somebody waits for it; any other ends the program.
#[derive(Debug)]
pub struct Interrupt {
    waiting: Arc<AtomicBool>,
    told: Arc<Notify>,
    listening: JoinHandle<()>,
}

impl Interrupt {
    /// Somebody waits from now on.
    pub fn new() -> Self {
        let (waiting, told) = (Arc::new(AtomicBool::new(true)), Arc::new(Notify::new()));
        let (of_task, tell) = (waiting.clone(), told.clone());
        let signals = signal(SignalKind::interrupt());
        let listening = tokio::spawn(async move {
            // where nobody can listen, the system goes on to end the program
            let Ok(mut signals) = signals else { return };
            while signals.recv().await.is_some() {
                if !of_task.swap(false, Ordering::SeqCst) {
                    std::process::exit(INTERRUPTED);
                }
                tell.notify_one();
            }
        });
        Self { waiting, told, listening }
    }

    /// When it comes.
    pub async fn comes(&self) {
        self.told.notified().await;
    }

    /// Somebody waits again, who was not there at the last one.
    pub fn is_waited_for(&self) {
        self.waiting.store(true, Ordering::SeqCst);
    }

    /// Nobody waits any more: the next one ends the program.
    pub fn ends_the_program(&self) {
        self.waiting.store(false, Ordering::SeqCst);
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    #[tokio::test]
    async fn one_who_waits_later_is_told_and_none_comes_between() {
        let interrupt = Interrupt::new();
        interrupt.ends_the_program();
        interrupt.is_waited_for();
        // the first ends a window, the second a proof: neither is lost, and neither ends this program
        for _ in 0..2 {
            kill_process(getpid(), Signal::INT).expect("a signal");
            tokio::time::timeout(Duration::from_secs(20), interrupt.comes()).await.expect("it is told");
            interrupt.is_waited_for();
        }
    }
}
