//! A secret that somebody gives: typed, in a file, or on standard input, where no list of processes shows it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::exit::Usage;

/// What stands for standard input.
const STDIN: &str = "-";

/// The longest file with a secret, in bytes: more than any secret that the API takes.
const MAX_BYTES: u64 = 4 << 10;

/// The secret, if there is one: what was typed, or what the file holds. The end of its last line is none of it.
pub(super) fn given(typed: Option<String>, file: Option<&Path>) -> anyhow::Result<Option<String>> {
    let Some(file) = file else { return Ok(typed) };
    let is_stdin = file.as_os_str() == STDIN;
    let text = if is_stdin { read(io::stdin()) } else { File::open(file).and_then(read) };
    let name = if is_stdin { "standard input".to_owned() } else { file.display().to_string() };
    let text = text.with_context(|| format!("cannot read the secret in {name} (--secret-file)"))?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.is_empty() {
        bail!(Usage(format!("{name} holds no secret (--secret-file)")));
    }
    Ok(Some(secret.to_owned()))
}

/// No more than the beginning of what is too long: the API says so.
fn read(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_line_is_none_of_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        for (text, secret) in [("a b\n", "a b"), ("a b\r\n", "a b"), (" a b ", " a b "), ("a\n\n", "a\n")] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(given(None, Some(&file)).unwrap().as_deref(), Some(secret), "{text:?}");
        }
        std::fs::write(&file, "\n").unwrap();
        assert!(given(None, Some(&file)).unwrap_err().is::<Usage>());
        assert_eq!(given(Some("typed".to_owned()), None).unwrap().as_deref(), Some("typed"));
    }
}
