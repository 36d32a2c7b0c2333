//! Lines of standard input, one event each. A line is never longer in memory than an event may be.

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::io::{self, AsyncBufRead, AsyncBufReadExt};

use super::pump::Planned;
use super::template::Template;
use crate::clock;

/// A line and its number, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    number: u64,
    text: Result<Bytes, TooLong>,
}

/// A line longer than the limit, which was skipped.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("is longer than {limit} bytes (router.max_event_bytes)")]
pub(super) struct TooLong {
    limit: usize,
}

/// The lines of `input` that are not blank. An error of the input ends them, and is the last item.
pub(super) fn read(input: impl AsyncBufRead + Unpin, limit: usize) -> impl Stream<Item = io::Result<Line>> {
    stream::unfold(Some((input, 0)), move |state| async move {
        let (mut input, mut number) = state?;
        loop {
            number += 1;
            match next(&mut input, limit).await {
                Ok(None) => return None,
                Ok(Some(Ok(text))) if text.trim_ascii().is_empty() => {}
                Ok(Some(text)) => return Some((Ok(Line { number, text }), Some((input, number)))),
                Err(error) => return Some((Err(error), None)),
            }
        }
    })
}

/// The next line without its end; nothing at the end of the input.
async fn next(input: &mut (impl AsyncBufRead + Unpin), limit: usize) -> io::Result<Option<Result<Bytes, TooLong>>> {
    let (mut line, mut length, mut ended) = (Vec::new(), 0_usize, false);
    while !ended {
        let buffer = input.fill_buf().await?;
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let (part, used) = match end {
            Some(end) => (&buffer[..end], end + 1),
            None => (buffer, buffer.len()),
        };
        length += part.len();
        if length <= limit {
            line.extend_from_slice(part);
        }
        ended = end.is_some();
        input.consume(used);
    }
    Ok(match length {
        0 if !ended => None,
        _ if length > limit => Some(Err(TooLong { limit })),
        _ => Some(Ok(line.into())),
    })
}

/// The events of these lines.
pub(super) fn plan(lines: impl Stream<Item = io::Result<Line>>, template: &Template) -> impl Stream<Item = Planned> {
    lines.map(|line| match line {
        Ok(Line { number, text }) => {
            let event = text
                .map_err(|error| error.to_string())
                .and_then(|json| template.structured(json, clock::now()).map_err(|error| error.to_string()));
            Planned { label: format!("line {number}"), event }
        }
        Err(error) => {
            Planned { label: "standard input".to_owned(), event: Err(format!("cannot be read further: {error}")) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::template::tests::template;
    use super::*;

    async fn lines(text: &str, limit: usize) -> Vec<(u64, Option<String>)> {
        // A small buffer, so that lines come in pieces.
        let input = io::BufReader::with_capacity(3, text.as_bytes());
        let read = read(input, limit).map(|line| {
            let line = line.unwrap();
            (line.number, line.text.ok().map(|text| String::from_utf8(text.to_vec()).unwrap()))
        });
        read.collect().await
    }

    #[tokio::test]
    async fn counts_blank_lines_and_leaves_them_out() {
        let found = lines("one\n\n  \nfour\r\nfive", 10).await;
        let expected = [(1, "one"), (4, "four\r"), (5, "five")];
        assert_eq!(found, expected.map(|(number, text)| (number, Some(text.to_owned()))));
    }

    #[tokio::test]
    async fn skips_a_line_too_long_and_goes_on() {
        let found = lines("abcd\nabcde\nab", 4).await;
        assert_eq!(found, [(1, Some("abcd".to_owned())), (2, None), (3, Some("ab".to_owned()))]);
    }

    #[tokio::test]
    async fn names_the_line_that_is_no_event() {
        let input = "{\"type\":\"a\"}\n{\"type\":\"A\"}\n".as_bytes();
        let planned: Vec<_> = plan(read(input, 100), &template()).collect().await;
        assert!(planned[0].event.is_ok());
        assert_eq!(planned[1].label, "line 2");
        assert!(planned[1].event.as_ref().unwrap_err().starts_with("type has 'A'"));
    }
}
