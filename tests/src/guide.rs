//! The examples of the guides, so that tests run what readers copy. A fenced block whose info string has a second word is
//! named by it: ```` ```python publish.py ````.

use anyhow::{Context, Result};

/// Where the guides are.
const GUIDES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guides");

/// The named blocks of a guide such as `publish.md`, in order: name and text.
///
/// # Errors
/// When the guide cannot be read.
pub fn examples(guide: &str) -> Result<Vec<(String, String)>> {
    let path = format!("{GUIDES}/{guide}");
    Ok(named_blocks(&std::fs::read_to_string(&path).context(path)?))
}

/// One named block of a guide.
///
/// # Errors
/// When the guide has none of this name.
pub fn example(guide: &str, name: &str) -> Result<String> {
    let found = examples(guide)?.into_iter().find(|(block, _)| block == name);
    Ok(found.with_context(|| format!("{guide} has no example {name}"))?.1)
}

fn named_blocks(markdown: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(Option<&str>, String)> = None;
    for line in markdown.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => open = Some((info.split_whitespace().nth(1), String::new())),
            (Some(_), Some(_)) => {
                if let Some((Some(name), text)) = open.take() {
                    blocks.push((name.to_owned(), text));
                }
            }
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_blocks_that_have_a_name_and_no_others() {
        let text = "a\n```sh one.sh\necho 1\n\necho 2\n```\n```sh\necho 3\n```\n```yaml two.yaml\nx: 1\n```\n";
        let expected = [("one.sh", "echo 1\n\necho 2\n"), ("two.yaml", "x: 1\n")];
        assert_eq!(named_blocks(text), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }
}
