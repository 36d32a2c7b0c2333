//! Logs: to the error stream, as text for people or JSON for machines, and never with a payload.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt, ParseError, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;

/// The module of the AMQP client that logs whole returned messages, bodies and all, as warnings.
const LOGS_PAYLOADS: &str = "lapin::returned_messages";

/// Crates that print frames, and so payloads and passwords, when they trace.
const TRACES_PAYLOADS: &[&str] = &["lapin", "amq_protocol"];

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people: one line of text, coloured on a terminal.
    Text,
    /// For machines: one JSON object per line, the event's fields at its top level.
    Json,
}

/// Logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not valid.
    #[error("log filter `{filter}` is not valid: write for example `info,barid=debug`")]
    Filter {
        /// The filter as given.
        filter: String,
        /// What the parser says.
        source: ParseError,
    },
    /// Another subscriber is in place.
    #[error("logging is already set up: call `init_logs` once, first thing in main")]
    AlreadySet(#[from] tracing::subscriber::SetGlobalDefaultError),
}

/// Sends the process's logs to the error stream. Call it once.
///
/// `filter` is a list of directives such as `info,barid_router=debug`. Whatever it says, the AMQP client's lines that would
/// show payloads or credentials are left out.
pub fn init_logs(format: LogFormat, filter: &str) -> Result<(), LogError> {
    let colours = io::stderr().is_terminal();
    let subscriber = subscriber(format, filter, colours, io::stderr)?;
    Ok(tracing::subscriber::set_global_default(subscriber)?)
}

fn subscriber<W>(
    format: LogFormat,
    filter: &str,
    colours: bool,
    writer: W,
) -> Result<impl Subscriber + Send + Sync, LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let chosen = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(filter)
        .map_err(|source| LogError::Filter { filter: filter.to_owned(), source })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(colours).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    // A second filter rather than directives added to the first: a more precise directive of the user would win over those.
    Ok(registry().with(lines.with_filter(chosen.and(filter_fn(without_payload)))))
}

/// Whether a log line can be shown without showing a payload.
fn without_payload(line: &Metadata<'_>) -> bool {
    if is_within(line.target(), LOGS_PAYLOADS) {
        return false;
    }
    let traces = *line.level() == Level::TRACE;
    !traces || !TRACES_PAYLOADS.iter().any(|module| is_within(line.target(), module))
}

/// Whether a target is a module, one of its submodules, or a sister crate such as `amq_protocol_tcp`.
fn is_within(target: &str, module: &str) -> bool {
    target.strip_prefix(module).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::{LogError, LogFormat, subscriber};

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str, log: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let subscriber = subscriber(format, filter, false, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, log);
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_lines_have_the_fields_at_the_top() {
        let line = logged(LogFormat::Json, "info", || {
            tracing::info!(target: "barid_dispatcher", status = 200, "delivery attempted");
        });
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["message"], "delivery attempted");
        assert_eq!(line["status"], 200);
        assert_eq!(line["target"], "barid_dispatcher");
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn text_lines_can_be_read() {
        let line = logged(LogFormat::Text, "info", || {
            tracing::info!(status = 200, "delivery attempted");
        });
        assert!(line.contains("delivery attempted status=200"), "{line}");
    }

    #[test]
    fn no_filter_shows_the_payload_of_a_returned_message() {
        for filter in
            ["trace", "lapin=trace", "lapin::returned_messages=trace", "lapin::returned_messages[{message}]=warn"]
        {
            let lines = logged(LogFormat::Json, filter, || {
                tracing::warn!(target: "lapin::returned_messages", message = "secret", "returned");
                tracing::trace!(target: "lapin::channels", frame = "secret", "will handle frame");
                tracing::trace!(target: "amq_protocol_tcp", uri = "secret", "connecting");
            });
            assert_eq!(lines, "", "{filter}");
        }
    }

    #[test]
    fn other_lines_of_the_amqp_client_are_shown() {
        let lines = logged(LogFormat::Text, "debug", || {
            tracing::debug!(target: "lapin::io_loop", "throttling");
            tracing::trace!(target: "lapintop", "another crate");
        });
        assert!(lines.contains("throttling"));
        assert!(!lines.contains("another crate"), "below the filter's level");
    }

    #[test]
    fn the_filter_decides_what_is_shown() {
        let lines = logged(LogFormat::Text, "warn,barid_router=debug", || {
            tracing::info!(target: "barid_dispatcher", "hidden");
            tracing::debug!(target: "barid_router", "shown");
        });
        assert!(lines.contains("shown") && !lines.contains("hidden"), "{lines}");
    }

    #[test]
    fn refuses_a_filter_that_is_none() {
        let refused = subscriber(LogFormat::Text, "barid=loud", false, io::sink).err();
        assert!(matches!(refused, Some(LogError::Filter { .. })));
    }
}
