use super::*;

fn topology() -> Topology {
    Topology::new(&Names::new("barid".parse().unwrap(), "crm.events"), &Options::default())
}

fn position(topology: &Topology, wanted: impl Fn(&Step) -> bool) -> usize {
    topology.steps.iter().position(wanted).expect("the step exists")
}

fn is_binding_to(step: &Step, queue: &str) -> bool {
    matches!(step, Step::Bind(Binding { destination: Destination::Queue(name), .. }) if name == queue)
}

#[test]
fn the_inbox_is_bound_before_anything_else_and_the_journal_last() {
    let topology = topology();
    let first = position(&topology, |step| matches!(step, Step::Bind(_)));
    assert!(is_binding_to(&topology.steps[first], "barid.inbox"));
    assert!(is_binding_to(topology.steps.last().unwrap(), "barid.journal"));
}

#[test]
fn every_exchange_but_three_has_the_alternate() {
    for step in &topology().steps {
        let Step::Exchange(exchange) = step else {
            continue;
        };
        let exempt = ["barid.unrouted", "barid.control", "barid.ledger"].contains(&exchange.name.as_str());
        assert_eq!(exchange.alternate.is_none(), exempt, "{}", exchange.name);
    }
}

#[test]
fn every_quorum_queue_refuses_instead_of_dropping_and_keeps_what_it_gives_up() {
    for step in &topology().steps {
        let Step::Queue(queue) = step else { continue };
        let argument = |name| queue.arguments.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
        if argument("x-queue-type") != Some(&Argument::Text("quorum".to_owned())) {
            continue;
        }
        assert_eq!(argument("x-overflow"), Some(&Argument::Text("reject-publish".to_owned())), "{}", queue.name);
        assert_eq!(argument("x-max-length"), None, "{}", queue.name);
        if ["barid.dead-letters", "barid.ledger-overflow"].contains(&queue.name.as_str()) {
            assert_eq!(argument("x-delivery-limit"), Some(&Argument::Number(1_000_000)));
            assert_eq!(argument("x-dead-letter-exchange"), None);
        } else {
            let strategy = Some(&Argument::Text("at-least-once".to_owned()));
            assert_eq!(argument("x-dead-letter-strategy"), strategy, "{}", queue.name);
        }
    }
}

#[test]
fn definitions_name_every_step() {
    let topology = topology();
    let definitions = topology.definitions("/");
    let count: usize =
        ["exchanges", "queues", "bindings"].iter().map(|part| definitions[part].as_array().unwrap().len()).sum();
    assert_eq!(count, topology.steps.len());
    assert_eq!(definitions["queues"][0]["name"], "barid.inbox");
}

#[test]
fn streams_keep_what_is_asked_and_no_file_that_is_much_larger() {
    let retention = Retention { max_age: Duration::from_secs(90), max_bytes: 7 };
    let options = Options { journal: retention, ..Options::default() };
    let topology = Topology::new(&Names::new("barid".parse().unwrap(), "crm.events"), &options);
    let arguments = |name: &str| {
        let named = |step: &Step| matches!(step, Step::Queue(queue) if queue.name == name);
        let Step::Queue(queue) = &topology.steps[position(&topology, named)] else { unreachable!() };
        queue.arguments.clone()
    };
    let journal = arguments("barid.journal");
    assert!(journal.contains(&("x-max-age", Argument::Text("90s".to_owned()))));
    assert!(journal.contains(&("x-max-length-bytes", Argument::Number(7))));
    let ledger = arguments("barid.ledger");
    assert!(ledger.contains(&("x-max-age", Argument::Text("604800s".to_owned()))));
    for stream in [journal, ledger] {
        assert!(stream.contains(&("x-stream-max-segment-size-bytes", Argument::Number(50_000_000))));
    }
}
