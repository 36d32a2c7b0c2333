use barid_broker::work::{Delivery, Work};
use chrono::DateTime;

use super::*;

fn parcel(subscriptions: &[&str]) -> Arc<Parcel> {
    let envelope = serde_json::from_str(
        r#"{"specversion":"1.0","id":"e1","source":"/s","type":"deal.won","time":"2026-11-24T10:00:00Z","datacontenttype":"application/json"}"#,
    );
    let moment = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    Parcel::new(Work {
        envelope: envelope.unwrap(),
        accepted_at: moment,
        revision: None,
        hops: 0,
        deliveries: subscriptions.iter().map(|id| Delivery::first(*id, moment)).collect(),
        data: bytes::Bytes::new(),
    })
}

/// Takes a message in and returns its new tickets.
fn arrive(groups: &mut Groups<u32>, receipt: u32, parcel: &Arc<Parcel>) -> (Vec<Ticket>, Option<u32>) {
    let mut tickets = Vec::new();
    let done = groups.arrive(receipt, 0, parcel, true, 0, |_, arrival| {
        if let Arrival::New(ticket) = arrival {
            tickets.push(ticket);
        }
    });
    (tickets, done)
}

#[test]
fn a_message_is_acknowledged_with_its_last_delivery() {
    let mut groups = Groups::new();
    let (tickets, done) = arrive(&mut groups, 1, &parcel(&["a", "b"]));
    assert_eq!(done, None);
    assert_eq!(groups.settle(tickets[1], Instant::now(), |_| true), None);
    assert_eq!(groups.settle(tickets[0], Instant::now(), |_| true), Some(1));
    assert!(groups.is_empty());
}

#[test]
fn what_was_done_before_the_channel_ended_is_not_done_again() {
    let (mut groups, now) = (Groups::new(), Instant::now());
    let message = parcel(&["a", "b", "c"]);
    let (tickets, _) = arrive(&mut groups, 1, &message);
    groups.begin(tickets[0]);
    groups.settle(tickets[0], now, |_| true);
    groups.begin(tickets[1]);
    let dropped = groups.abandon(now, |_, _| true);
    assert_eq!(dropped, [tickets[2]], "what had not begun is forgotten");
    let (again, _) = arrive(&mut groups, 2, &message);
    assert_eq!(again.len(), 1, "only the third is new");
    assert_eq!(groups.settle(tickets[1], now, |_| true), None, "the one under way belongs to the new copy");
    assert_eq!(groups.settle(again[0], now, |_| true), Some(2));
}

#[test]
fn a_copy_of_which_everything_is_done_is_acknowledged_at_once() {
    let (mut groups, now) = (Groups::new(), Instant::now());
    let message = parcel(&["a"]);
    let (tickets, _) = arrive(&mut groups, 1, &message);
    groups.begin(tickets[0]);
    groups.abandon(now, |_, _| true);
    assert_eq!(groups.settle(tickets[0], now, |_| true), None);
    assert_eq!(arrive(&mut groups, 2, &message), (vec![], Some(2)));
}

#[test]
fn a_later_attempt_of_the_same_delivery_is_another_one() {
    let (mut groups, now) = (Groups::new(), Instant::now());
    let message = parcel(&["a"]);
    let (tickets, _) = arrive(&mut groups, 1, &message);
    groups.begin(tickets[0]);
    groups.abandon(now, |_, _| true);
    groups.settle(tickets[0], now, |_| true);
    let mut work = message.work.clone();
    work.deliveries[0].attempts = 1;
    let (retry, _) = arrive(&mut groups, 2, &Parcel::new(work));
    assert_eq!(retry.len(), 1);
}

#[test]
fn gives_back_only_messages_of_which_nothing_has_begun() {
    let (mut groups, now) = (Groups::new(), Instant::now());
    let (begun, _) = arrive(&mut groups, 1, &parcel(&["a", "b"]));
    let (untouched, _) = arrive(&mut groups, 2, &parcel(&["c", "d"]));
    let (partly, _) = arrive(&mut groups, 3, &parcel(&["e", "f"]));
    groups.begin(begun[0]);
    groups.settle(partly[0], now, |_| true);
    let (receipts, tickets) = groups.take_untouched(|_| true);
    assert_eq!(receipts, [2]);
    assert_eq!(tickets, untouched);
    assert_eq!(groups.waiting(), [begun[1], partly[1]]);
}

#[test]
fn a_message_whose_channel_ended_is_remembered_as_done_and_not_acknowledged() {
    let (mut groups, now) = (Groups::new(), Instant::now());
    let message = parcel(&["a"]);
    let (tickets, _) = arrive(&mut groups, 1, &message);
    assert_eq!(groups.settle(tickets[0], now, |_| false), None);
    assert_eq!(arrive(&mut groups, 2, &message), (vec![], Some(2)));
}

#[test]
fn what_comes_for_the_first_time_is_never_taken_for_known() {
    let (mut groups, now) = (Groups::new(), Instant::now());
    let message = parcel(&["a"]);
    let (tickets, _) = arrive(&mut groups, 1, &message);
    groups.settle(tickets[0], now, |_| false);
    let mut new = 0;
    groups.arrive(2, 0, &message, false, 0, |_, arrival| new += usize::from(matches!(arrival, Arrival::New(_))));
    assert_eq!(new, 1);
}

#[test]
fn a_full_memory_forgets_and_confuses_nothing() {
    let (mut groups, now) = (Groups::new(), Instant::now());
    let (first, other) = (parcel(&["a"]), parcel(&["b"]));
    let (tickets, _) = arrive(&mut groups, 1, &first);
    groups.begin(tickets[0]);
    groups.abandon(now, |_, _| true);
    for number in 0..MAX_REMEMBERED {
        let key = Key(first.message_id.clone(), number.to_string(), 0, false);
        groups.remember(key, Orphan::Done, now);
    }
    groups.settle(tickets[0], now, |_| true);
    let (foreign, _) = arrive(&mut groups, 2, &other);
    assert_eq!(arrive(&mut groups, 3, &first), (vec![], Some(3)), "it was done");
    assert_eq!(groups.settle(foreign[0], now, |_| true), Some(2), "and nobody else's ticket was touched");
}
