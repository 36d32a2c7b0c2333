//! Which build runs: the first question about any process that misbehaves.

crate::metrics! {
    /// Facts about the process itself.
    pub struct ProcessMetrics {
        /// Always 1; the labels say which build runs.
        build_info: IntGaugeVec["version", "commit", "rust"],
    }
}

/// What the build knows of itself; the binary fills it in at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuildInfo {
    /// Version of Barid, such as `1.2.3`.
    pub version: &'static str,
    /// Source revision, or `unknown`.
    pub commit: &'static str,
    /// Version of the compiler.
    pub rust: &'static str,
}
