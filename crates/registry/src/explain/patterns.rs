//! Which pattern of a subscription matches a type, or comes nearest to it.

use barid_event::{EventType, Pattern, PatternWord};

use super::Fit;
use crate::subscription::Patterns;

/// The pattern that matches; else the one that shares most words with the type at both ends.
pub(super) fn nearest<'p>(patterns: &'p Patterns, event_type: &EventType) -> Fit<'p> {
    if let Some(pattern) = patterns.iter().find(|pattern| pattern.matches(event_type)) {
        return Fit::Matches(pattern);
    }
    // The first of several, which `max_by_key` would not give.
    let best = patterns.iter().rev().max_by_key(|pattern| shared(pattern, event_type));
    best.filter(|pattern| shared(pattern, event_type) > 0).map_or(Fit::Nothing, Fit::Nearest)
}

/// Literal words that agree, from the front and from the back, up to the first that does not.
fn shared(pattern: &Pattern, event_type: &EventType) -> usize {
    let (words, of_type) = (pattern.words().collect::<Vec<_>>(), event_type.words().collect::<Vec<_>>());
    let agree = |(word, of_type): &(PatternWord<'_>, &str)| match word {
        PatternWord::Literal(literal) => literal == of_type,
        PatternWord::One => true,
        PatternWord::Many => false,
    };
    let is_literal = |(word, _): &(PatternWord<'_>, &str)| matches!(word, PatternWord::Literal(_));
    let pairs = |from_front: bool| -> Vec<_> {
        if from_front {
            words.iter().copied().zip(of_type.iter().copied()).collect()
        } else {
            words.iter().rev().copied().zip(of_type.iter().rev().copied()).collect()
        }
    };
    let count = |pairs: Vec<_>| pairs.into_iter().take_while(agree).filter(is_literal).count();
    count(pairs(true)) + count(pairs(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(patterns: &[&str], event_type: &str) -> String {
        let patterns: Vec<Pattern> = patterns.iter().map(|text| text.parse().unwrap()).collect();
        match nearest(&Patterns::new(patterns).unwrap(), &event_type.parse().unwrap()) {
            Fit::Matches(pattern) => format!("matches {pattern}"),
            Fit::Nearest(pattern) => format!("nearest {pattern}"),
            Fit::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn names_the_first_pattern_that_matches() {
        assert_eq!(fit(&["lead.#", "deal.*", "#"], "deal.won"), "matches deal.*");
    }

    #[test]
    fn names_the_one_that_shares_most_words() {
        assert_eq!(fit(&["lead.created", "deal.lost", "deal.*.big"], "deal.won"), "nearest deal.lost");
        assert_eq!(fit(&["lead.created", "deals.won"], "deal.won"), "nearest deals.won");
        assert_eq!(fit(&["crm.deal.stage.changed", "crm.deal.won"], "crm.deal.lost"), "nearest crm.deal.stage.changed");
    }

    #[test]
    fn names_none_where_nothing_is_shared() {
        assert_eq!(fit(&["lead.created", "*.*.*"], "deal.won"), "nothing");
    }
}
