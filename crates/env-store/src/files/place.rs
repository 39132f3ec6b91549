/// The kind of file system that a folder is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// A disk of this machine.
    Local,
    /// A file system where memory that processes share and locks cannot be relied upon; the name
    /// tells people which.
    Remote(&'static str),
}

impl Placement {
    /// Judges a file system by the number that Linux gives it (`statfs(2)`, `f_type`).
    #[must_use]
    pub fn of_magic(magic: u64) -> Self {
        // f_type is signed on some platforms; only its low 32 bits name the file system.
        match magic & 0xffff_ffff {
            0x6969 => Self::Remote("NFS"),
            0x517b | 0xff53_4d42 | 0xfe53_4d42 => Self::Remote("SMB"),
            0x6573_5546 => Self::Remote("FUSE"),
            0x0102_1997 => Self::Remote("9P"),
            0x5346_414f | 0x6b41_4653 => Self::Remote("AFS"),
            0x00c3_6400 => Self::Remote("Ceph"),
            0x0bd0_0bd0 => Self::Remote("Lustre"),
            0x7375_7245 => Self::Remote("Coda"),
            0x0116_1970 => Self::Remote("GFS2"),
            0x7461_636f => Self::Remote("OCFS2"),
            _ => Self::Local,
        }
    }

    /// Judges a file system by the name that macOS gives it (`statfs(2)`, `f_fstypename`).
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        match name {
            "nfs" => Self::Remote("NFS"),
            "smbfs" | "cifs" => Self::Remote("SMB"),
            "afpfs" => Self::Remote("AFP"),
            "webdav" => Self::Remote("WebDAV"),
            name if name.contains("fuse") => Self::Remote("FUSE"),
            _ => Self::Local,
        }
    }
}
