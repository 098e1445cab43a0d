//! Ctrl-C that ends something early instead of the program, and signals that let it tidy up before its end.
//!
//! Once a program listens to a signal, the system no longer ends it; so whoever listens has to, as long as nobody
//! else does, and goes on when nobody needs it any more.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

/// The exit code of a program that Ctrl-C ended, as shells have it.
pub const INTERRUPTED: u8 = 130;
/// Of one that was asked to end.
pub const TERMINATED: u8 = 143;

/// Listens. The first Ctrl-C is told while somebody waits for it; any other ends the program.
#[derive(Debug)]
pub struct Interrupt {
    waiting: Arc<AtomicBool>,
    told: Arc<Notify>,
}

impl Interrupt {
    /// Somebody waits from now on.
    pub fn new() -> Self {
        Self::of(SignalKind::interrupt(), INTERRUPTED)
    }

    fn of(kind: SignalKind, code: u8) -> Self {
        let (waiting, told) = (Arc::new(AtomicBool::new(true)), Arc::new(Notify::new()));
        let (of_task, tell) = (waiting.clone(), told.clone());
        let signals = signal(kind);
        tokio::spawn(async move {
            // where nobody can listen, the system goes on to end the program
            let Ok(mut signals) = signals else { return };
            while signals.recv().await.is_some() {
                if !of_task.swap(false, Ordering::SeqCst) {
                    std::process::exit(code.into());
                }
                tell.notify_one();
            }
        });
        Self { waiting, told }
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
        self.ends_the_program();
    }
}

/// What ends a program, while it holds something that has to be removed first.
#[derive(Debug)]
pub struct Signals {
    /// Ctrl-C.
    pub interrupt: Interrupt,
    /// As `kill` and a CI's time limit send it.
    pub termination: Interrupt,
}

impl Signals {
    /// Both are waited for; who listened to Ctrl-C before goes on.
    pub fn new(interrupt: Option<Interrupt>) -> Self {
        let termination = Interrupt::of(SignalKind::terminate(), TERMINATED);
        let signals = Self { interrupt: interrupt.unwrap_or_else(Interrupt::new), termination };
        signals.are_waited_for();
        signals
    }

    /// There is nothing to remove any more: the next signal ends the program.
    pub fn end_the_program(self) -> Interrupt {
        self.interrupt.ends_the_program();
        self.interrupt
    }

    fn are_waited_for(&self) {
        self.interrupt.is_waited_for();
        self.termination.is_waited_for();
    }
}

/// Work that removes what it made as soon as it is dropped: a signal drops it before the program ends.
pub async fn tidied<T>(signals: Option<&Signals>, mut work: Pin<Box<impl Future<Output = T>>>) -> T {
    let Some(signals) = signals else { return work.await };
    let code = tokio::select! {
        done = &mut work => return done,
        () = signals.interrupt.comes() => INTERRUPTED,
        () = signals.termination.comes() => TERMINATED,
    };
    // another one while it is removed changes nothing; a third ends a program whose server is silent
    signals.are_waited_for();
    drop(work);
    std::process::exit(code.into())
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
