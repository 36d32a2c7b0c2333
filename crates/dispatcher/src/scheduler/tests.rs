use super::*;

struct Bench {
    scheduler: Scheduler,
    now: Instant,
    next: Ticket,
}

fn of(tenant: &str, name: &str, host: &str) -> Offer {
    let text = format!(
        "subscriptions: [{{name: {name}, tenant: {tenant}, events: ['#'], destination: {{url: 'https://{host}/{name}'}}, \
         signing: {{secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}}}}]"
    );
    let subscription = barid_registry::file::parse(&text, false).unwrap().remove(0);
    Offer { subscription: Arc::new(subscription.compile()), origin: Origin::Work, trust: Trust::Full }
}

/// A subscription of a tenant of its own, at this host.
fn at(name: &str, host: &str) -> Offer {
    of(name, name, host)
}

fn offer(name: &str) -> Offer {
    at(name, &format!("{name}.example"))
}

impl Bench {
    fn new() -> Self {
        Self { scheduler: Scheduler::new(Limits::default()), now: Instant::now(), next: 0 }
    }

    fn offer(&mut self, offer: &Offer) -> Vec<Action> {
        let ticket = self.next;
        self.next += 1;
        self.scheduler.offer(ticket, offer, true, self.now);
        self.scheduler.take_actions()
    }

    fn offers(&mut self, count: usize, template: &Offer) -> Vec<Action> {
        (0..count).flat_map(|_| self.offer(template)).collect()
    }

    /// Lets time pass, with a timer that is on time.
    fn after(&mut self, millis: u64) -> Vec<Action> {
        let end = self.now + Duration::from_millis(millis);
        let mut actions = Vec::new();
        while self.now < end {
            self.now = end.min(self.now + Duration::from_millis(25));
            self.scheduler.tick(true, self.now);
            actions.extend(self.scheduler.take_actions());
        }
        actions
    }

    fn finish(&mut self, ticket: Ticket, finish: Finish) -> Vec<Action> {
        self.scheduler.finished(ticket, finish, true, self.now);
        self.scheduler.take_actions()
    }

    /// Makes a subscription proven fast and its permits as many as it may have.
    fn prove(&mut self, template: &Offer) {
        for _ in 0..40 {
            let started = self.offer(template);
            let Some(Action::Start(ticket)) = started.last() else { panic!("{started:?}") };
            let ticket = *ticket;
            self.now += Duration::from_millis(1);
            self.finish(ticket, Finish::Success);
        }
    }
}

fn starts(actions: &[Action]) -> usize {
    actions.iter().filter(|action| matches!(action, Action::Start(_))).count()
}

fn started(action: &Action) -> Option<Ticket> {
    if let Action::Start(ticket) = action { Some(*ticket) } else { None }
}

fn hand_overs(actions: &[Action]) -> usize {
    actions.iter().filter(|action| matches!(action, Action::HandOn(_))).count()
}

#[test]
fn begins_with_four_permits_and_grows_with_fast_successes() {
    let mut bench = Bench::new();
    assert_eq!(starts(&bench.offers(10, &offer("a"))), 4);
    assert_eq!(starts(&bench.finish(0, Finish::Success)), 2, "the freed permit and the one earned");
}

#[test]
fn halves_the_permits_after_a_failure() {
    let mut bench = Bench::new();
    bench.offers(10, &offer("a"));
    assert_eq!(starts(&bench.finish(0, Finish::Failure)), 0);
    assert_eq!(starts(&bench.finish(1, Finish::Failure)), 0);
    assert_eq!(starts(&bench.finish(2, Finish::Failure)), 0, "one permit is left, and it is in use");
    assert_eq!(starts(&bench.finish(3, Finish::Failure)), 1);
}

#[test]
fn diverts_nothing_of_a_healthy_subscription_however_much_waits() {
    let mut bench = Bench::new();
    let healthy = offer("a");
    bench.prove(&healthy);
    let flying: Vec<Ticket> = bench.offers(500, &healthy).iter().filter_map(started).collect();
    assert_eq!(flying.len(), 32);
    assert_eq!(hand_overs(&bench.after(200)), 0);
    for ticket in flying {
        bench.finish(ticket, Finish::Success);
    }
    assert_eq!(hand_overs(&bench.after(100)), 0);
}

#[test]
fn hands_on_what_waits_behind_a_request_older_than_250_ms_and_then_at_once() {
    let mut bench = Bench::new();
    let hanging = offer("a");
    bench.prove(&hanging);
    bench.offers(40, &hanging);
    assert_eq!(hand_overs(&bench.after(249)), 0);
    let actions = bench.after(2);
    assert_eq!(hand_overs(&actions), 8);
    assert!(actions.contains(&Action::TellSlow(hanging.subscription.id.clone())));
    let actions = bench.offer(&hanging);
    assert_eq!(hand_overs(&actions), 1, "{actions:?}");
}

#[test]
fn blames_nobody_when_the_process_itself_was_asleep() {
    let mut bench = Bench::new();
    let healthy = offer("a");
    bench.prove(&healthy);
    bench.offers(40, &healthy);
    bench.after(25);
    bench.now += Duration::from_secs(1);
    bench.scheduler.tick(true, bench.now);
    assert_eq!(hand_overs(&bench.scheduler.take_actions()), 0);
    assert_eq!(hand_overs(&bench.after(25)), 8, "the next look is on time");
}

#[test]
fn returns_after_twenty_quick_successes_in_a_row() {
    let mut bench = Bench::new();
    let slow = Offer { origin: Origin::Slow, ..offer("a") };
    let mut told = Vec::new();
    for round in 0..25 {
        let Some(Action::Start(ticket)) = bench.offer(&slow).pop() else { panic!("round {round}") };
        bench.now += Duration::from_millis(10);
        told.extend(bench.finish(ticket, Finish::Success).into_iter().map(|action| (round, action)));
    }
    assert_eq!(told, [(19, Action::TellFast(slow.subscription.id.clone()))]);
}

#[test]
fn puts_on_the_ladder_what_a_slow_lane_has_no_room_for() {
    let mut bench = Bench::new();
    let slow = Offer { origin: Origin::Slow, ..offer("a") };
    let actions = bench.offers(4 + 16 + 2, &slow);
    assert_eq!(starts(&actions), 4);
    let holds: Vec<_> = actions.iter().filter(|action| matches!(action, Action::Hold(..))).collect();
    assert_eq!(holds.len(), 2);
    assert!(matches!(holds[0], Action::Hold(_, delay) if *delay == Duration::from_secs(8)));
}

#[test]
fn unproven_subscriptions_share_a_quarter_of_the_slots() {
    let mut bench = Bench::new();
    let healthy = offer("healthy");
    bench.prove(&healthy);
    let mut started = 0;
    for n in 0..200 {
        started += starts(&bench.offers(4, &offer(&format!("new-{n}"))));
    }
    assert_eq!(started, 256);
    assert_eq!(starts(&bench.offer(&healthy)), 1);
}

#[test]
fn new_subscriptions_that_share_a_busy_host_wait_for_it() {
    let mut bench = Bench::new();
    let many: Vec<Offer> = (0..100).map(|n| at(&format!("s{n}"), "shared.example")).collect();
    let mut flying: Vec<Ticket> = Vec::new();
    for one in &many {
        flying.extend(bench.offers(4, one).iter().filter_map(started));
    }
    // The host answers, one after the other: nobody hangs, and everybody waits for longer than the patience.
    for _ in 0..300 {
        assert_eq!(hand_overs(&bench.after(1)), 0);
        let ticket = flying.remove(0);
        flying.extend(bench.finish(ticket, Finish::Success).iter().filter_map(started));
    }
}

#[test]
fn a_hanging_subscription_takes_the_blame_and_not_its_neighbours_on_a_full_host() {
    let mut bench = Bench::new();
    let (hanging, healthy) = (at("hanging", "shared.example"), at("healthy", "shared.example"));
    let others: Vec<Offer> = (0..3).map(|n| at(&format!("s{n}"), "shared.example")).collect();
    for one in others.iter().chain([&healthy]) {
        bench.prove(one);
    }
    bench.offers(6, &hanging);
    bench.after(200);
    for one in &others {
        bench.offers(32, one);
    }
    bench.offers(10, &healthy);
    assert_eq!(hand_overs(&bench.after(75)), 2, "those of the one that hangs");
}

#[test]
fn one_host_gets_at_most_64_requests_whatever_the_subscriptions() {
    let mut bench = Bench::new();
    let mut started = 0;
    for n in 0..50 {
        let same_host = at(&format!("s{n}"), "shared.example");
        started += starts(&bench.offers(4, &same_host));
    }
    assert_eq!(started, 64);
}

#[test]
fn a_tenant_among_others_gets_a_quarter_of_the_slots() {
    let mut bench = Bench::new();
    bench.scheduler.set_single_tenant(false);
    let many: Vec<Offer> = (0..20).map(|n| of("acme", &format!("s{n}"), &format!("s{n}.example"))).collect();
    for one in &many {
        bench.prove(one);
    }
    let started: usize = many.iter().map(|one| starts(&bench.offers(32, one))).sum();
    assert_eq!(started, 256);
}

#[test]
fn suspects_are_sent_a_few_at_a_time() {
    let mut bench = Bench::new();
    let suspect = Offer { trust: Trust::Suspect, ..offer("a") };
    assert_eq!(starts(&bench.offers(30, &suspect)), 0, "all that come together are there before one is chosen");
    assert_eq!(starts(&bench.after(25)), 16);
}

#[test]
fn the_worst_suspects_are_sent_one_by_one() {
    let mut bench = Bench::new();
    let suspect = Offer { trust: Trust::Alone, ..offer("a") };
    bench.offers(3, &suspect);
    assert_eq!(starts(&bench.after(225)), 0, "other lanes may have some too");
    let actions = bench.after(25);
    assert_eq!(starts(&actions), 1);
    let Action::Start(first) = actions[0] else { panic!() };
    assert_eq!(starts(&bench.after(25)), 0);
    assert_eq!(starts(&bench.finish(first, Finish::Failure)), 0, "the first must be acknowledged before the next");
    assert_eq!(starts(&bench.after(50)), 1);
    let held = bench.after(60_000);
    assert!(held.iter().any(|action| matches!(action, Action::Hold(..))), "the last made room: {held:?}");
}

#[test]
fn nothing_starts_or_moves_while_results_cannot_be_published() {
    let mut bench = Bench::new();
    let one = offer("a");
    bench.scheduler.offer(0, &one, false, bench.now);
    bench.now += Duration::from_secs(100);
    bench.scheduler.tick(false, bench.now);
    assert_eq!(bench.scheduler.take_actions(), []);
    assert_eq!(bench.scheduler.waiting(), 1);
    assert!(bench.scheduler.withdraw(0));
    assert_eq!(bench.scheduler.waiting(), 0);
}

#[test]
fn what_waited_a_minute_goes_to_the_ladder() {
    let mut bench = Bench::new();
    let slow = Offer { origin: Origin::Slow, ..offer("a") };
    bench.offers(5, &slow);
    let actions = bench.after(60_000);
    assert_eq!(actions, [Action::Hold(4, Duration::from_secs(8))]);
}

#[test]
fn deliveries_of_an_own_lane_wait_in_order_behind_an_old_request() {
    let (mut scheduler, start) = (Scheduler::new(Limits::default()), Instant::now());
    let own = Offer { origin: Origin::Own, ..offer("a") };
    for ticket in 0..30 {
        scheduler.offer(ticket, &own, true, start);
    }
    let first: Vec<_> = (0..4).map(Action::Start).collect();
    assert_eq!(scheduler.take_actions(), first);
    scheduler.tick(true, start + Duration::from_secs(10));
    assert_eq!(scheduler.take_actions(), [], "nothing is handed on or put on the ladder");
    scheduler.finished(0, Finish::Success, true, start + Duration::from_secs(10));
    assert_eq!(scheduler.take_actions(), [Action::Start(4)]);
}
