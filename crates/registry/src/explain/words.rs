//! The reason in a sentence, for people.

use super::{Explained, Explanation, Fit, Outcome};
use crate::filter::Verdict;

impl Explained<'_> {
    /// Why the subscription gets the event or does not, in words.
    pub fn why(&self, explanation: &Explanation<'_>) -> String {
        let event_type = &explanation.event.envelope.event_type;
        let matches = match self.pattern {
            Fit::Matches(pattern) => format!("its pattern {pattern} matches"),
            Fit::Nearest(pattern) => format!("none of its patterns matches {event_type}; the nearest is {pattern}"),
            Fit::Nothing => format!("none of its patterns matches {event_type}, or comes near"),
        };
        let judged = self.filter.as_ref();
        let passes = if judged.is_some() { format!("{matches} and its filter says yes") } else { matches.clone() };
        match self.outcome {
            Outcome::NoPattern => matches,
            Outcome::Filtered => format!("{matches}, but its filter says no"),
            Outcome::FilterError => {
                let error = match judged.map(|judged| &judged.verdict) {
                    Some(Verdict::Error(error)) => error,
                    _ => "no reason is known",
                };
                format!("{matches}, but its filter cannot be evaluated, which counts as no: {error}")
            }
            Outcome::Delivers => passes,
            Outcome::Paused => {
                format!("{passes}, but it is paused: the delivery waits in its lane until it is resumed")
            }
            Outcome::Refused(_) => {
                let detail = explanation.refused.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{passes}, but the event becomes a dead letter and nobody gets it: {detail}")
            }
            Outcome::Unmakeable(_) => {
                let detail = match &self.request {
                    Some(Err(unmakeable)) => unmakeable.detail.as_str(),
                    _ => "",
                };
                format!("{passes}, but no request can be made, so that the delivery becomes a dead letter: {detail}")
            }
        }
    }
}
