//! What makes two findings the same, on every run and every server.

use sha2::{Digest, Sha256};

/// `v1:` and 16 hex digits of rule and subject. Never the server's `queryid`: it differs between servers.
pub(super) fn fingerprint(rule: &str, subject: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(rule);
    hash.update([0]);
    hash.update(subject);
    let digits = hash.finalize().iter().take(8).fold(0_u64, |digits, byte| digits << 8 | u64::from(*byte));
    format!("v1:{digits:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_never_changes() {
        // Committed baselines hold these: a change of this value is a change of their format.
        assert_eq!(fingerprint("unused-index", "public.orders_idx"), "v1:f72a6132926ea603");
    }

    #[test]
    fn rule_and_subject_do_not_run_into_each_other() {
        assert_ne!(fingerprint("a", "bc"), fingerprint("ab", "c"));
    }
}
