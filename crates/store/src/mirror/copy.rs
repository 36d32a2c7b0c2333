//! The copy of the registry on disk, from which a process starts while the store is away. A journal: a header, then one
//! sealed line per row, of which the one with the highest revision counts, and a line after each refresh that says up to
//! which revision everything is there. Appended to on every refresh; written anew on a full load, and when it has grown to
//! twice its size. Only one process writes to it; others may read it.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Seek, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    connect::private,
    master_key::{MasterKeys, Unsealed},
    record::{Content, Kind, Record},
};

/// The format, in the header.
const VERSION: u32 = 1;
/// How much a copy grows before it is written anew, however small it is, in bytes.
const MIN_GROWTH: u64 = 256 * 1024;

/// What the first line says; the only one that is not sealed.
#[derive(Serialize, Deserialize)]
struct Header {
    barid_copy: u32,
    installation: String,
}

/// What another line says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Record(Cow<'a, Record>),
    /// Everything up to this revision stands above.
    Revision(u64),
}

/// A copy that is appended to.
#[derive(Debug)]
pub(super) struct Copy {
    path: PathBuf,
    keys: MasterKeys,
    installation: String,
    file: File,
    /// How large it was when it was written anew, and is now.
    base: u64,
    size: u64,
}

/// What a copy holds.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) installation: String,
    pub(super) revision: u64,
    /// Each row once; those that were deleted are left out.
    pub(super) records: Vec<Record>,
}

/// Why there is nothing to start from.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("the copy of the registry cannot be read")]
    Io(#[from] io::Error),
    #[error("the copy of the registry is none, or of another version")]
    Format,
    #[error("the copy of the registry was sealed with another master key")]
    WrongKey,
    #[error("the copy of the registry was never completed")]
    Incomplete,
}

impl Contents {
    /// Reads the copy at `path`, as far as it is whole.
    pub(super) fn read(path: &Path, keys: &MasterKeys) -> Result<Self, Unusable> {
        let mut reader = BufReader::new(File::open(path)?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let header: Header = serde_json::from_str(&line).map_err(|_| Unusable::Format)?;
        if header.barid_copy != VERSION || !line.ends_with('\n') {
            return Err(Unusable::Format);
        }
        let (mut rows, mut revision) = (HashMap::<(Kind, String), Record>::new(), None);
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some(text) = line.strip_suffix('\n') else { break };
            match unseal(keys, &header.installation, text) {
                Ok(Line::Revision(until)) => revision = revision.max(Some(until)),
                Ok(Line::Record(record)) => {
                    let record = record.into_owned();
                    let key = (record.kind, record.id.clone());
                    if rows.get(&key).is_none_or(|known| known.revision <= record.revision) {
                        rows.insert(key, record);
                    }
                }
                Err(Unsealed::UnknownKey) => return Err(Unusable::WrongKey),
                // Torn by a crash: what stands above is whole, what stands below is asked for again.
                Err(Unsealed::Damaged) => break,
            }
        }
        Ok(Self {
            installation: header.installation,
            revision: revision.ok_or(Unusable::Incomplete)?,
            records: rows.into_values().filter(|record| record.content.is_some()).collect(),
        })
    }

    /// The newest of the copies at these paths that can be started from; those of another installation than the first one's
    /// are left alone. If there is none, why.
    pub(super) fn newest(paths: impl Iterator<Item = PathBuf>, keys: &MasterKeys) -> Result<Self, Unusable> {
        let mut newest = Err::<Self, _>(Unusable::Io(io::ErrorKind::NotFound.into()));
        for path in paths {
            let read = Self::read(&path, keys).and_then(|contents| contents.opened(keys));
            newest = match (newest, read) {
                (Ok(best), Ok(other)) => {
                    let is_newer = other.installation == best.installation && other.revision > best.revision;
                    Ok(if is_newer { other } else { best })
                }
                (Ok(best), Err(_)) => Ok(best),
                (Err(_), Ok(first)) => Ok(first),
                // That a path is not in use says nothing.
                (Err(told), Err(Unusable::Io(error))) if error.kind() == io::ErrorKind::NotFound => Err(told),
                (Err(_), Err(why)) => Err(why),
            };
        }
        newest
    }

    /// Refuses contents in which a subscription is sealed with a key that is not known: a process that leaves it out routes
    /// its events to nobody, while one that waits for the store loses nothing.
    fn opened(self, keys: &MasterKeys) -> Result<Self, Unusable> {
        let opens = |record: &Record| match &record.content {
            Some(Content::Subscription { document, .. }) => keys.knows(document),
            _ => true,
        };
        if self.records.iter().all(opens) { Ok(self) } else { Err(Unusable::WrongKey) }
    }

    /// Writes them anew at `path`, to be appended to.
    pub(super) fn write(&self, path: &Path, keys: &MasterKeys) -> io::Result<Copy> {
        let mut rewrite = Rewrite::begin(path, keys, &self.installation)?;
        rewrite.add(&self.records)?;
        rewrite.finish(self.revision)
    }
}

impl Copy {
    /// Adds rows that changed, and that everything up to `revision` is there. Writes the copy anew when it has grown.
    pub(super) fn append(&mut self, records: &[Record], revision: u64) -> io::Result<()> {
        let mut text = Vec::new();
        for record in records {
            text.extend(seal(&self.keys, &self.installation, &Line::Record(Cow::Borrowed(record)))?);
        }
        text.extend(seal(&self.keys, &self.installation, &Line::Revision(revision))?);
        // In one go: another process may read it.
        self.file.write_all(&text)?;
        self.size += text.len() as u64;
        if self.size < self.base.saturating_mul(2).max(self.base.saturating_add(MIN_GROWTH)) {
            return Ok(());
        }
        let contents = Contents::read(&self.path, &self.keys).map_err(io::Error::other)?;
        *self = contents.write(&self.path, &self.keys)?;
        Ok(())
    }
}

/// A copy that is being written anew, beside the old one until it is complete.
#[derive(Debug)]
pub(super) struct Rewrite {
    path: PathBuf,
    fresh: Unfinished,
    keys: MasterKeys,
    installation: String,
    file: BufWriter<File>,
}

/// A file that is removed unless it has got its name.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It is not there any more once it has been renamed.
        drop(fs::remove_file(&self.0));
    }
}

impl Rewrite {
    pub(super) fn begin(path: &Path, keys: &MasterKeys, installation: &str) -> io::Result<Self> {
        let mut fresh = path.as_os_str().to_owned();
        // Nobody else writes here, so one that a crash has left behind is ours.
        fresh.push(".new");
        let fresh = Unfinished(fresh.into());
        let mut file = BufWriter::new(private().write(true).create(true).truncate(true).open(&fresh.0)?);
        serde_json::to_writer(&mut file, &Header { barid_copy: VERSION, installation: installation.to_owned() })?;
        file.write_all(b"\n")?;
        Ok(Self { path: path.to_owned(), fresh, keys: keys.clone(), installation: installation.to_owned(), file })
    }

    pub(super) fn add(&mut self, records: &[Record]) -> io::Result<()> {
        for record in records {
            self.file.write_all(&seal(&self.keys, &self.installation, &Line::Record(Cow::Borrowed(record)))?)?;
        }
        Ok(())
    }

    /// Puts it in the place of the old one.
    pub(super) fn finish(mut self, revision: u64) -> io::Result<Copy> {
        self.file.write_all(&seal(&self.keys, &self.installation, &Line::Revision(revision))?)?;
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        // A rename may reach the disk before the bytes do.
        file.sync_all()?;
        fs::rename(&self.fresh.0, &self.path)?;
        let size = file.stream_position()?;
        Ok(Copy { path: self.path, keys: self.keys, installation: self.installation, file, base: size, size })
    }
}

fn place(installation: &str) -> String {
    format!("copy/{installation}")
}

fn seal(keys: &MasterKeys, installation: &str, line: &Line<'_>) -> io::Result<Vec<u8>> {
    let mut sealed = keys.seal(&place(installation), &serde_json::to_vec(line)?).into_bytes();
    sealed.push(b'\n');
    Ok(sealed)
}

fn unseal(keys: &MasterKeys, installation: &str, text: &str) -> Result<Line<'static>, Unsealed> {
    let plain = keys.open(&place(installation), text)?;
    serde_json::from_slice(&plain).map_err(|_| Unsealed::Damaged)
}
