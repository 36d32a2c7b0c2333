//! Which of two processes yields when their installations differ: the one that has been there for less long.

/// One of the two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    /// The store it works from, or what stands for a file; none while it does not know yet.
    pub(super) installation: Option<&'a str>,
    /// Since when it consumes, in milliseconds since 1970; 0 if it does not.
    pub(super) since: i64,
    /// What it is called; decides between two that began in the same millisecond.
    pub(super) process: &'a str,
}

/// What to do about the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It belongs to us, or does no harm.
    Nothing,
    /// Stop: it was there before us.
    Yield,
    /// Say that it has to stop.
    Complain,
}

/// What `ours` does about `theirs`.
pub(super) fn judge(ours: Side<'_>, theirs: Side<'_>) -> Verdict {
    let differ = matches!((ours.installation, theirs.installation), (Some(ours), Some(theirs)) if ours != theirs);
    if !differ || theirs.since == 0 {
        // One that does not consume looks for others before it does, and finds us.
        return Verdict::Nothing;
    }
    let was_first = ours.since != 0 && (ours.since, ours.process) < (theirs.since, theirs.process);
    if was_first { Verdict::Complain } else { Verdict::Yield }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side<'a>(installation: &'a str, since: i64, process: &'a str) -> Side<'a> {
        Side { installation: (!installation.is_empty()).then_some(installation), since, process }
    }

    #[test]
    fn processes_of_one_installation_get_on() {
        assert_eq!(judge(side("a", 1, "p"), side("a", 2, "q")), Verdict::Nothing);
    }

    #[test]
    fn one_that_does_not_know_yet_is_left_alone() {
        assert_eq!(judge(side("a", 1, "p"), side("", 2, "q")), Verdict::Nothing);
        assert_eq!(judge(side("", 1, "p"), side("a", 2, "q")), Verdict::Nothing);
    }

    #[test]
    fn whoever_starts_finds_those_who_work_and_yields() {
        assert_eq!(judge(side("a", 0, "p"), side("b", 9, "q")), Verdict::Yield);
        assert_eq!(judge(side("a", 9, "p"), side("b", 0, "q")), Verdict::Nothing);
    }

    #[test]
    fn of_two_that_work_exactly_one_yields() {
        for (ours, theirs) in [((1, "p"), (2, "q")), ((5, "p"), (5, "q")), ((7, "b"), (3, "a"))] {
            let (ours, theirs) = (side("a", ours.0, ours.1), side("b", theirs.0, theirs.1));
            let mut verdicts = [judge(ours, theirs), judge(theirs, ours)];
            verdicts.sort_by_key(|verdict| *verdict == Verdict::Yield);
            assert_eq!(verdicts, [Verdict::Complain, Verdict::Yield]);
        }
    }
}
