//! The user that a throwaway server runs as when the caller is root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::ScratchError;

/// A user of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    /// User.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

impl Owner {
    /// `postgres`, else `nobody`; nobody else when the caller is not root.
    pub fn needed() -> Result<Option<Self>, ScratchError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        ["postgres", "nobody"].iter().find_map(|name| Self::named(&users, name)).map(Some).ok_or(ScratchError::NoUser)
    }

    fn named(users: &str, name: &str) -> Option<Self> {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Self { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    }

    /// Whether it may pass through every directory down to this one. Access lists are not looked at.
    pub fn may_enter(self, directory: &Path) -> bool {
        directory.ancestors().all(|part| {
            let Ok(metadata) = fs::metadata(part) else { return false };
            let passes = match () {
                () if metadata.uid() == self.uid => 0o100,
                () if metadata.gid() == self.gid => 0o010,
                () => 0o001,
            };
            metadata.mode() & passes != 0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:7::/:\npostgres:x:101:104:,,,:/var:/bin/sh\n";
        let found = Owner::named(users, "postgres").map(|owner| (owner.uid, owner.gid));
        assert_eq!((found, Owner::named(users, "nobody").is_none()), (Some((101, 104)), true));
    }

    #[test]
    fn a_closed_directory_on_the_way_keeps_a_stranger_out() {
        let parent = tempfile::tempdir().expect("a directory");
        let below = parent.path().join("below");
        fs::create_dir(&below).expect("a directory");
        let stranger = Owner { uid: 4_000_001, gid: 4_000_001 };
        for (mode, expected) in [(0o700, false), (0o711, true), (0o755, true)] {
            fs::set_permissions(parent.path(), fs::Permissions::from_mode(mode)).expect("permissions");
            assert_eq!(stranger.may_enter(&below), expected, "{mode:o}");
        }
    }
}
