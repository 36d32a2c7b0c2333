//! The process's metrics in one place, and their text.

use prometheus::process_collector::ProcessCollector;
use prometheus::{Error, Registry, TextEncoder};

use crate::{BuildInfo, ProcessMetrics};

/// The media type of [`render`]'s text.
pub const METRICS_CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// A registry with what every process shows: its build (`barid_build_info`) and its use of CPU, memory, threads and file
/// descriptors (`process_*`).
pub fn registry(build: &BuildInfo) -> Result<Registry, Error> {
    let registry = Registry::new();
    registry.register(Box::new(ProcessCollector::for_self()))?;
    let process = ProcessMetrics::new(&registry)?;
    process.build_info.with_label_values(&[build.version, build.commit, build.rust]).set(1);
    Ok(registry)
}

/// All metrics in Prometheus' text format, version 0.0.4.
pub fn render(registry: &Registry) -> Result<String, Error> {
    TextEncoder::new().encode_to_string(&registry.gather())
}

#[cfg(test)]
mod tests {
    use super::{registry, render};
    use crate::BuildInfo;

    #[test]
    fn shows_the_build_and_the_process() {
        let build = BuildInfo { version: "1.2.3", commit: "abc", rust: "1.95.0" };
        let text = render(&registry(&build).unwrap()).unwrap();
        assert!(text.contains(r#"barid_build_info{commit="abc",rust="1.95.0",version="1.2.3"} 1"#), "{text}");
        assert!(text.contains("process_open_fds"), "{text}");
    }
}
