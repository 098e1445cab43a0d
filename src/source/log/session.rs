//! The number of a session, from whatever a line says of it.

use memchr::memchr;

use super::prefix::Fields;

impl Fields<'_> {
    /// See `Execution::session`.
    pub fn session(&self) -> Option<u64> {
        self.id
            .or_else(|| {
                let pid = self.pid?;
                Some(self.start.map_or(pid, |start| ((start / 1_000_000) as u64) << 32 | pid))
            })
            .or_else(|| self.remote.filter(|remote| remote.ends_with(b")")).map(hash))
    }
}

/// FNV-1a, the same on every machine.
fn hash(text: &[u8]) -> u64 {
    text.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// `6b0258fa.71de`: the start of the session in seconds, and the process.
pub(super) fn session_id(text: &[u8]) -> Option<u64> {
    let dot = memchr(b'.', text)?;
    let hex = |text: &[u8]| u64::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok();
    if dot == 0 || dot > 12 || text[0] == b'+' {
        return None;
    }
    Some(hex(&text[..dot])? << 32 | hex(&text[dot + 1..])?)
}
