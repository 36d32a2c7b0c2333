//! Where an operator's own recipes are.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::text::optional_path;

/// The section `recipes`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipes {
    /// A folder of files, beside the recipes that are shipped.
    #[serde(with = "optional_path")]
    pub(crate) folder: Option<PathBuf>,
}
