//! Files of the lab's relations: as long as the server's, and with the height of its B-trees, but empty.
//!
//! The planner takes the size of a relation from the length of its files and the height of a B-tree from its first
//! page. Files are sparse, so that they take no space. All of this happens while the server is stopped.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::pages::{self, BLOCK};
use crate::snapshot::GinSearch;

/// Blocks in one file; what follows lies in `name.1`, `name.2`, …
pub const SEGMENT: u64 = 131_072;

/// What a file is to look like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shape {
    /// Path below the data directory, of its first segment.
    pub path: String,
    /// Blocks of 8 kB.
    pub blocks: u64,
    /// Levels above the leaves, of a B-tree.
    pub height: Option<u32>,
    /// Blocks of the table, of a BRIN index.
    pub of_table: Option<u64>,
    /// What a search costs, of a GIN index.
    pub search: Option<GinSearch>,
}

impl Shape {
    /// Whether its first pages change.
    pub fn rewritten(&self) -> bool {
        self.of_table.is_some() || self.search.is_some() || self.height.is_some_and(|height| height > 0)
    }
}

/// Makes the server's user the owner of a file.
pub type Adopt<'a> = &'a dyn Fn(&Path) -> io::Result<()>;

/// The files of a server.
pub struct Directory {
    /// The data directory.
    pub data: PathBuf,
}

impl Directory {
    /// Gives a file its height and its size.
    pub fn apply(&self, shape: &Shape, adopt: Adopt<'_>) -> io::Result<()> {
        let path = self.data.join(&shape.path);
        if shape.rewritten() {
            let mut first = Vec::new();
            OpenOptions::new().read(true).open(&path)?.take(2 * BLOCK as u64).read_to_end(&mut first)?;
            if let Some(pages) = pages::rewritten(&first, shape) {
                OpenOptions::new().write(true).open(&path)?.write_all(&pages)?;
            }
        }
        resize(&path, shape.blocks, adopt)
    }

    /// Blocks that the first segment has now.
    pub fn blocks(&self, path: &str) -> io::Result<u64> {
        Ok(std::fs::metadata(self.data.join(path))?.len() / BLOCK as u64)
    }

    /// Whether a B-tree is one whose equal keys can share an entry; `None` where the file is no B-tree.
    pub fn shares_entries(&self, path: &str) -> io::Result<Option<bool>> {
        let mut page = [0; BLOCK];
        File::open(self.data.join(path))?.read_exact(&mut page)?;
        Ok(pages::shares_entries(&page))
    }

    /// Cuts a file down to these blocks, which are its own, not the server's.
    pub fn shrink(&self, path: &str, blocks: u64) -> io::Result<()> {
        let path = self.data.join(path);
        for segment in 1.. {
            let further = segment_of(&path, segment);
            if !further.exists() {
                break;
            }
            std::fs::remove_file(further)?;
        }
        OpenOptions::new().write(true).open(path)?.set_len(blocks * BLOCK as u64)
    }
}

/// Never cuts off what the lab itself wrote.
fn resize(path: &Path, blocks: u64, adopt: Adopt<'_>) -> io::Result<()> {
    let mut left = blocks;
    for segment in 0.. {
        let blocks = left.min(SEGMENT);
        let path = segment_of(path, segment);
        let new = !path.exists();
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        if new {
            adopt(&path)?;
        }
        let length = blocks * BLOCK as u64;
        if file.metadata()?.len() < length {
            file.set_len(length)?;
        }
        left -= blocks;
        if left == 0 {
            break;
        }
    }
    Ok(())
}

fn segment_of(path: &Path, segment: u64) -> PathBuf {
    if segment == 0 { path.to_owned() } else { PathBuf::from(format!("{}.{segment}", path.display())) }
}
