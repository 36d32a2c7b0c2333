//! How many events a second one core matches against a tenant of 10,000 subscriptions with a mix of patterns.

use std::{hint::black_box, iter};

use barid_event::{EventType, Tenant};
use barid_registry::{
    Destination, Name, OwnLane, Patterns, Policy, Scratch, Snapshot, Subscription, SubscriptionId, Timeout,
};
use barid_signature::{Secret, Signer};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const SUBSCRIPTIONS: usize = 10_000;

const OBJECTS: [&str; 8] = ["contact", "deal", "lead", "account", "ticket", "invoice", "quote", "call"];
const CHANGES: [&str; 5] = ["created", "updated", "deleted", "stage_changed", "merged"];

/// The pattern of the `number`-th subscription. Regions keep most apart, so that an event reaches some hundred.
fn pattern(number: usize) -> String {
    let object = OBJECTS[number % OBJECTS.len()];
    let change = CHANGES[number / OBJECTS.len() % CHANGES.len()];
    let region = number % 97;
    match number % 20 {
        0 => format!("#.{change}"),
        1 => format!("*.r{region}.{change}"),
        2..=4 => format!("{object}.r{region}.#"),
        5..=7 => format!("{object}.*.{change}.u{number}"),
        _ => format!("{object}.r{region}.{change}"),
    }
}

fn snapshot(tenant: &Tenant) -> Result<Snapshot, Box<dyn std::error::Error>> {
    let secret: Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".parse()?;
    let signer = Signer::new([secret.into()])?;
    let destination = Destination::new("https://hooks.example.com/crm", Timeout::default(), false)?;
    let subscription = |number: usize| -> Result<Subscription, Box<dyn std::error::Error>> {
        let name: Name = format!("s{number}").parse()?;
        Ok(Subscription {
            id: SubscriptionId::derive(tenant, &name),
            name,
            tenant: tenant.clone(),
            patterns: Patterns::new([pattern(number).parse()?])?,
            destination: destination.clone(),
            signer: signer.clone(),
            policy: Policy::default(),
            paused: false,
            lane: OwnLane::None,
            revision: 0,
        })
    };
    Ok(Snapshot::compile((0..SUBSCRIPTIONS).map(subscription).collect::<Result<_, _>>()?, None)?)
}

fn event_types() -> Result<Vec<EventType>, Box<dyn std::error::Error>> {
    let types = OBJECTS.iter().flat_map(|object| CHANGES.iter().map(move |change| (object, change)));
    let regions = iter::successors(Some(0), |region| Some((region + 7) % 97));
    types.zip(regions).map(|((object, change), region)| Ok(format!("{object}.r{region}.{change}").parse()?)).collect()
}

fn matching(criterion: &mut Criterion) {
    let tenant = Tenant::default();
    let (Ok(snapshot), Ok(types)) = (snapshot(&tenant), event_types()) else {
        unreachable!("the bench's own names, patterns and types are valid");
    };
    let mut scratch = Scratch::default();
    let found: usize = types.iter().map(|event_type| snapshot.matching(&tenant, event_type, &mut scratch).len()).sum();
    println!("{SUBSCRIPTIONS} subscriptions, {} matching per event", found / types.len());

    let mut group = criterion.benchmark_group("matching");
    group.throughput(Throughput::Elements(types.len() as u64));
    group.bench_function("10,000 subscriptions", |bencher| {
        bencher.iter(|| {
            for event_type in &types {
                black_box(snapshot.matching(&tenant, event_type, &mut scratch).count());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, matching);
criterion_main!(benches);
