//! How the process shows what it does.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// The section `telemetry`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Telemetry {
    /// Where metrics and health are served.
    pub(crate) listen: SocketAddr,
    /// How log lines look.
    pub(crate) log_format: LogFormat,
    /// What is logged.
    pub(crate) log_filter: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl LogFormat {
    /// The format to use, given whether the error stream is a terminal.
    pub(crate) fn choose(self, is_terminal: bool) -> barid_telemetry::LogFormat {
        match self {
            Self::Text => barid_telemetry::LogFormat::Text,
            Self::Auto if is_terminal => barid_telemetry::LogFormat::Text,
            Self::Auto | Self::Json => barid_telemetry::LogFormat::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_text_to_people_and_json_to_machines() {
        use barid_telemetry::LogFormat::{Json, Text};
        assert_eq!(LogFormat::Auto.choose(true), Text);
        assert_eq!(LogFormat::Auto.choose(false), Json);
        assert_eq!(LogFormat::Text.choose(false), Text);
        assert_eq!(LogFormat::Json.choose(true), Json);
    }
}
