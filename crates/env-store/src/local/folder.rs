//! The folder of one environment, through the file system port.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::{EnvId, MAX_DOCUMENT_BYTES};

use super::layout;
use crate::StoreError;
use crate::files::{FileKind, FileStat, FileSystem, Placement};
use crate::ports::Ids;

/// The folder of one environment. Paths are relative to it, with `/` between their parts.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) env_id: EnvId,
    pub(super) path: PathBuf,
    pub(super) files: Arc<dyn FileSystem>,
    pub(super) ids: Arc<dyn Ids>,
}

/// A lock that is held until this is dropped.
pub(super) struct Held {
    _lock: Box<dyn Send + Sync>,
}

impl Folder {
    pub(super) fn at(&self, file: &str) -> PathBuf {
        self.path.join(file)
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.at(layout::JOURNAL)
    }

    pub(super) fn io<T>(
        &self,
        operation: &'static str,
        path: &Path,
        result: io::Result<T>,
    ) -> Result<T, StoreError> {
        let path = path.to_owned();
        result.map_err(|source| StoreError::Io { operation, path, source })
    }

    pub(super) fn stat(&self, file: &str) -> Result<Option<FileStat>, StoreError> {
        let path = self.at(file);
        self.io("look at", &path, self.files.stat(&path))
    }

    pub(super) fn is_there(&self) -> Result<bool, StoreError> {
        let found = self.io("look at", &self.path, self.files.stat(&self.path))?;
        Ok(match found.map(|found| found.kind) {
            Some(FileKind::Folder) => true,
            // Somebody keeps it elsewhere.
            Some(FileKind::Link) => self.files.target(&self.path).is_ok_and(|path| path.is_dir()),
            _ => false,
        })
    }

    /// Where a document is. A folder that nobody keeps a journal of, such as a mounted ConfigMap,
    /// may have links to its documents. None for a link that leads nowhere.
    fn place_of(&self, file: &str) -> Result<Option<PathBuf>, StoreError> {
        let path = self.at(file);
        let is_link = self.stat(file)?.is_some_and(|found| found.kind == FileKind::Link);
        if !is_link || self.stat(layout::JOURNAL)?.is_some() {
            return Ok(Some(path));
        }
        match self.files.target(&path) {
            Ok(target) => Ok(Some(target)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { operation: "follow", path, source }),
        }
    }

    /// What is at the place of a document.
    pub(super) fn stat_document(&self, file: &str) -> Result<Option<FileStat>, StoreError> {
        match self.stat(file)? {
            Some(found) if found.kind == FileKind::Link => {
                let Some(path) = self.place_of(file)? else { return Ok(None) };
                self.io("look at", &path, self.files.stat(&path))
            }
            found => Ok(found),
        }
    }

    /// The bytes of a document; none when it is not there.
    pub(super) fn read(&self, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(path) = self.place_of(file)? else { return Ok(None) };
        let limit = MAX_DOCUMENT_BYTES as u64;
        self.io("read", &path, self.files.read(&path, limit))
    }

    /// The names in a folder, without those of files that are being written.
    pub(super) fn names(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let mut names = self.all_names(folder)?;
        names.retain(|name| !name.ends_with(layout::UNFINISHED));
        Ok(names)
    }

    /// All names in a folder. What a link leads to is not the environment's, and has none.
    pub(super) fn all_names(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        if self.link_on_the_way(Path::new(folder))?.is_some() {
            return Ok(Vec::new());
        }
        let path = self.at(folder);
        let names = self.io("read", &path, self.files.names(&path))?;
        Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
    }

    /// The first part of a way into the folder that is a link.
    fn link_on_the_way(&self, way: &Path) -> Result<Option<PathBuf>, StoreError> {
        let mut path = self.path.clone();
        for part in way {
            path.push(part);
            match self.io("look at", &path, self.files.stat(&path))? {
                Some(found) if found.kind == FileKind::Link => return Ok(Some(path)),
                Some(_) => {}
                None => break,
            }
        }
        Ok(None)
    }

    /// Refuses to write or remove a file through a link: it would be somebody else's.
    fn check_way(&self, file: &str) -> io::Result<()> {
        let way = Path::new(file).parent().unwrap_or(Path::new(""));
        match self.link_on_the_way(way).map_err(io::Error::other)? {
            None => Ok(()),
            Some(link) => Err(io::Error::other(format!(
                "`{}` is a symbolic link; put a folder there instead",
                link.display()
            ))),
        }
    }

    /// Whether the journal has a log beside it.
    pub(super) fn has_log(&self) -> Result<bool, StoreError> {
        let log = self.stat(layout::JOURNAL_SIDE_FILES[0])?;
        Ok(log.is_some_and(|stat| stat.size > 0))
    }

    /// Refuses a folder where a journal would not be safe.
    pub(super) fn check_placement(&self) -> Result<(), StoreError> {
        // The environment's folder may have to be made yet.
        let there = self.path.ancestors().find(|path| path.exists());
        // A path that begins with a folder that is not there is one from here.
        let path = there.unwrap_or(Path::new("."));
        match self.io("look at", path, self.files.placement(path))? {
            Placement::Local => Ok(()),
            Placement::Remote(kind) => {
                Err(StoreError::UnsafeFileSystem { path: path.to_owned(), kind })
            }
        }
    }

    /// Makes the folders that lead to a file.
    pub(super) fn make_parents(&self, file: &str) -> Result<(), StoreError> {
        let mut folder = self.path.clone();
        self.io("write", &self.at(file), self.check_way(file))?;
        let Some(parent) = Path::new(file).parent() else { return Ok(()) };
        for part in parent {
            folder.push(part);
            self.io("make", &folder, self.files.create_dir(&folder))?;
        }
        Ok(())
    }

    pub(super) fn lock(&self, patience: Duration) -> Result<Held, StoreError> {
        let path = self.at(layout::LOCK);
        match self.files.lock(&path, patience) {
            Ok(lock) => Ok(Held { _lock: lock }),
            Err(source) if source.kind() == io::ErrorKind::TimedOut => {
                Err(StoreError::Lock { path, source })
            }
            Err(source) => Err(StoreError::Io { operation: "lock", path, source }),
        }
    }

    /// Replaces a file as a whole. Whether it survives a power cut is up to the caller.
    pub(super) fn replace(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.at(file);
        let unfinished = self.unfinished(&path);
        self.check_way(file)?;
        let write = || {
            match self.files.create(&unfinished, bytes) {
                // The folder is made when the first file goes there.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.make_parents(file).map_err(io::Error::other)?;
                    self.files.create(&unfinished, bytes)?;
                }
                written => written?,
            }
            self.files.rename(&unfinished, &path)
        };
        write().inspect_err(|_| {
            // What cannot be removed now is removed by `compact`.
            drop(self.files.remove_file(&unfinished));
        })
    }

    fn unfinished(&self, path: &Path) -> PathBuf {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let unique = self.ids.ulid();
        path.with_file_name(format!(".{name}.{unique}{}", layout::UNFINISHED))
    }

    pub(super) fn remove(&self, file: &str) -> io::Result<()> {
        self.check_way(file)?;
        self.files.remove_file(&self.at(file))
    }

    /// Moves a file that is not the store's own aside. Gives its new name.
    pub(super) fn move_aside(&self, file: &str) -> Result<String, StoreError> {
        let kept_as = self.aside(file)?;
        let (from, to) = (self.at(file), self.at(&kept_as));
        self.io("move", &from, self.check_way(file))?;
        self.io("move", &from, self.files.rename(&from, &to))?;
        Ok(kept_as)
    }

    /// Gives a file that is not the store's own a second name, so that it is never absent until it is
    /// replaced. Gives the second name.
    pub(super) fn keep_too(&self, file: &str) -> Result<String, StoreError> {
        let kept_as = self.aside(file)?;
        let (from, to) = (self.at(file), self.at(&kept_as));
        match self.files.link(&from, &to) {
            // Not every file system gives files two names.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.io("move", &from, self.files.rename(&from, &to))?;
            }
            linked => self.io("keep", &from, linked)?,
        }
        Ok(kept_as)
    }

    /// Keeps bytes that are not the store's own. Gives the name of the file that has them.
    pub(super) fn keep_aside(&self, file: &str, bytes: &[u8]) -> Result<String, StoreError> {
        let kept_as = self.aside(file)?;
        let path = self.at(&kept_as);
        self.io("write", &path, self.files.create(&path, bytes))?;
        Ok(kept_as)
    }

    fn aside(&self, file: &str) -> Result<String, StoreError> {
        let kept_as =
            format!("{}/{}-{}", layout::RECOVERED, self.ids.ulid(), file.replace('/', "-"));
        self.make_parents(&kept_as)?;
        Ok(kept_as)
    }

    pub(super) fn sync(&self, path: &Path) -> Result<(), StoreError> {
        self.io("sync", path, self.files.sync(path))
    }

    /// Makes what a file has, and that it is there, survive a power cut.
    pub(super) fn settle(&self, file: &str) -> Result<(), StoreError> {
        let path = self.at(file);
        if self.stat(file)?.is_some() {
            self.sync(&path)?;
        }
        path.parent().map_or(Ok(()), |folder| match self.files.stat(folder) {
            Ok(Some(_)) => self.sync(folder),
            Ok(None) => Ok(()),
            Err(source) => {
                Err(StoreError::Io { operation: "look at", path: folder.to_owned(), source })
            }
        })
    }

    /// Makes a file and the folders that lead to it survive a power cut.
    pub(super) fn settle_all(&self, file: &str) -> Result<(), StoreError> {
        self.sync(&self.at(file))?;
        self.settle_parents(file)
    }

    /// Makes the folders of a file survive a power cut, from the environment's own down.
    pub(super) fn settle_parents(&self, file: &str) -> Result<(), StoreError> {
        let mut folder = self.path.clone();
        self.sync(&folder)?;
        for part in Path::new(file).parent().into_iter().flatten() {
            folder.push(part);
            self.sync(&folder)?;
        }
        Ok(())
    }
}
