//! What judging one request may cost in all. A mapping is its owner's program and a body a stranger's: together they can ask
//! for far more memory and time than either of them is long.

use crate::Reason;

/// The most that is made of one request, in bytes of its events as they are sent, their kinds and their ids: 32 MiB.
pub const MAX_MADE_BYTES: usize = 32 << 20;

/// What may be spent on a request still.
pub struct Budget<'c> {
    left: usize,
    is_late: &'c dyn Fn() -> bool,
}

impl<'c> Budget<'c> {
    /// [`MAX_MADE_BYTES`], until `is_late` says that it took too long; that is asked before each item.
    pub fn new(is_late: &'c dyn Fn() -> bool) -> Self {
        Self { left: MAX_MADE_BYTES, is_late }
    }

    /// Refuses to go on when it is late.
    pub(crate) fn go_on(&self) -> Result<(), Reason> {
        if (self.is_late)() { Err(Reason::Slow) } else { Ok(()) }
    }

    /// Counts what was made.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), Reason> {
        self.left = self.left.checked_sub(bytes).ok_or(Reason::Inflated)?;
        Ok(())
    }
}
