//! A message in work: everything planned for it is published, and until then its receipt is kept.

use std::time::Duration;

use barid_broker::{PublishError, Publisher, Receipt};
use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::plan::{Outcome, Plan};

/// When to stop trying.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    /// The longest time for one message.
    pub(crate) each: Duration,
    /// Cancelled when all messages in work are to be given back.
    pub(crate) all: CancellationToken,
}

/// A message whose work has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// By which it is settled.
    pub(crate) receipt: Receipt,
    /// What has become of it, if everything was confirmed.
    pub(crate) outcome: Option<Outcome>,
    /// When it was taken.
    pub(crate) taken: Instant,
}

/// Publishes everything planned, again and again if need be, until all of it is confirmed; or patience ends, or the
/// channel the message came by, after which the broker hands it out again anyway.
pub(crate) async fn carry_out(
    publisher: Publisher,
    plan: Plan,
    receipt: Receipt,
    patience: Patience,
    taken: Instant,
) -> Finished {
    let session = receipt.session();
    let publish = async {
        if !plan.pause.is_zero() {
            sleep(plan.pause).await;
        }
        let all = plan.messages.into_iter().map(|message| publisher.publish_until_confirmed(message));
        try_join_all(all).await?;
        // They have been on their way all the time.
        for record in plan.records {
            if !record.confirmed().await {
                return Err(PublishError::Closed);
            }
        }
        Ok(())
    };
    let is_confirmed = tokio::select! {
        confirmed = publish => match confirmed {
            Ok(()) => true,
            Err(error) => {
                warn!(%error, "a message goes back to its queue");
                false
            }
        },
        () = session.ended() => false,
        () = patience.all.cancelled() => false,
        () = sleep(patience.each) => false,
    };
    Finished { receipt, outcome: is_confirmed.then_some(plan.outcome), taken }
}
