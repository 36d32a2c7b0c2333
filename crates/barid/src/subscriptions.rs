//! A file of subscriptions, judged as a whole: read, compiled, and every destination's URL shown to the guard.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use barid_egress::Guard;
use barid_event::Tenant;
use barid_gateway::{RefusedDestination, judge_destination};
use barid_registry::file::{MAX_BYTES, Problems, parse};
use barid_registry::{DuplicateId, Name, Settings, Snapshot};

/// Why a file is not used. Prints every problem on a line of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Invalid {
    /// It cannot be read.
    #[error("cannot read the subscriptions in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It says something that cannot be done.
    #[error("{}", Lines { path, problems })]
    Problems {
        /// The file.
        path: PathBuf,
        /// What is wrong, in its order.
        problems: Vec<String>,
    },
}

struct Lines<'a> {
    path: &'a Path,
    problems: &'a [String],
}

impl std::fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the subscriptions in {} are not valid", self.path.display())?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// A destination that the guard refuses.
#[derive(Debug, thiserror::Error)]
#[error("subscription {name} of tenant {tenant}: {why}")]
struct Refused {
    name: Name,
    tenant: Tenant,
    why: RefusedDestination,
}

/// Reads a file.
pub(crate) fn load(path: &Path, guard: Guard) -> Result<Snapshot, Invalid> {
    let text = read(path).map_err(|source| Invalid::Read { path: path.to_owned(), source })?;
    compile(&text, guard).map_err(|problems| Invalid::Problems { path: path.to_owned(), problems })
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    // One byte more than is allowed, so that the parser sees that there is more.
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_string(&mut text)?;
    Ok(text)
}

fn compile(text: &str, guard: Guard) -> Result<Snapshot, Vec<String>> {
    let subscriptions = parse(text, guard.allow_http).map_err(|problems| list(&problems))?;
    let refused: Vec<_> = subscriptions
        .iter()
        .filter_map(|subscription| judge(subscription, guard).err())
        .map(|refused| refused.to_string())
        .collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    let compiled = subscriptions.iter().map(Settings::compile).collect();
    Snapshot::compile(compiled, None).map_err(|error: DuplicateId| vec![error.to_string()])
}

fn judge(subscription: &Settings, guard: Guard) -> Result<(), Refused> {
    judge_destination(subscription, guard).map_err(|why| Refused {
        name: subscription.name.clone(),
        tenant: subscription.tenant.clone(),
        why,
    })
}

fn list(problems: &Problems) -> Vec<String> {
    problems.to_string().lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    fn text(urls: &[&str]) -> String {
        let one = |(index, url)| {
            format!(
                "  - {{name: s{index}, tenant: acme, events: ['#'], destination: {{url: '{url}'}}, signing: {{secret: {SECRET}}}}}\n"
            )
        };
        format!("subscriptions:\n{}", urls.iter().enumerate().map(one).collect::<String>())
    }

    #[test]
    fn names_every_subscription_whose_destination_is_refused() {
        let text = text(&["https://10.0.0.1/", "https://example.com/", "https://localhost/"]);
        let refused = compile(&text, Guard::default()).unwrap_err();
        assert_eq!(
            refused,
            [
                "subscription s0 of tenant acme: the url leads to an address that is not allowed: use a public one",
                "subscription s2 of tenant acme: the url's host name is not allowed: use a public name",
            ]
        );
        let open = Guard { allow_private_networks: true, ..Guard::default() };
        assert_eq!(compile(&text, open).unwrap().len(), 3);
    }

    #[test]
    fn prints_every_problem_on_a_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s.yaml");
        std::fs::write(&path, "subscriptions:\n  - {name: A b}\n").unwrap();
        let printed = load(&path, Guard::default()).unwrap_err().to_string();
        assert!(printed.lines().count() > 2, "{printed}");
        assert!(printed.contains("\n  line 2, column"), "{printed}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = load(Path::new("/nowhere/s.yaml"), Guard::default()).unwrap_err();
        assert_eq!(error.to_string(), "cannot read the subscriptions in /nowhere/s.yaml");
    }
}
