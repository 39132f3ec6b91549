/// How large an archive, and what is in it, may be.
///
/// Every reader of this crate takes limits, and none takes memory beyond them for long: what is too large is refused
/// before it is unpacked, or as soon as it outgrows the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the archive's file.
    pub archive_bytes: u64,
    /// Files and folders in it.
    pub entries: usize,
    /// Bytes of one file, unpacked.
    pub entry_bytes: u64,
    /// Bytes of all files together, unpacked.
    pub total_bytes: u64,
    /// How many times larger than in the archive a file may become. Files of up to 1 MiB are exempt: a small file of
    /// blanks packs well and harms nobody.
    pub ratio: u64,
    /// Folders above a file, plus one.
    pub depth: usize,
    /// Bytes of an entry's whole name.
    pub name_bytes: usize,
    /// Bytes of a manifest, a lock, a list of files, a signature or a flow.
    pub document_bytes: usize,
    /// How deep lists and maps of a document may be nested. At most 100 is used, since each level takes stack.
    pub document_depth: usize,
    /// Values in a document, including those in its lists and maps.
    pub document_values: usize,
}

const MIB: u64 = 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            archive_bytes: 512 * MIB,
            entries: 10_000,
            entry_bytes: 128 * MIB,
            total_bytes: 512 * MIB,
            ratio: 200,
            depth: 16,
            name_bytes: 512,
            document_bytes: 8 * 1024 * 1024,
            document_depth: 64,
            document_values: 500_000,
        }
    }
}

impl Limits {
    /// The size up to which a packed file is never judged by its ratio.
    pub(crate) const RATIO_EXEMPT_BYTES: u64 = MIB;

    /// Tells whether a file that grows from one size to another is a bomb.
    pub(crate) fn is_bomb(&self, packed: u64, unpacked: u64) -> bool {
        unpacked > Self::RATIO_EXEMPT_BYTES && unpacked > packed.saturating_mul(self.ratio)
    }

    /// The nesting that documents may have.
    pub(crate) fn depth_of_documents(&self) -> usize {
        self.document_depth.min(100)
    }
}
