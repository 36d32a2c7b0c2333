//! How many events a second one core matches against a tenant of 10,000 subscriptions with a mix of patterns, and how long
//! it takes to change one subscription among many.

use std::{hint::black_box, iter, sync::Arc};

use barid_event::{EventType, Tenant};
use barid_registry::{
    Change, Changes, Destination, Name, OwnLane, Patterns, Policy, Scratch, Snapshot, Subscription, SubscriptionId,
    Timeout,
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

fn subscription(tenant: &Tenant, number: usize) -> Result<Subscription, Box<dyn std::error::Error>> {
    let secret: Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".parse()?;
    let name: Name = format!("s{number}").parse()?;
    Ok(Subscription {
        id: SubscriptionId::derive(tenant, &name),
        name,
        tenant: tenant.clone(),
        patterns: Patterns::new([pattern(number).parse()?])?,
        filter: None,
        payload: Arc::default(),
        destination: Destination::new("https://hooks.example.com/crm", Timeout::default(), false)?,
        origin: None,
        signer: Signer::from(secret),
        policy: Policy::default(),
        paused: false,
        lane: OwnLane::None,
        revision: 0,
    })
}

fn snapshot(tenant: &Tenant) -> Result<Snapshot, Box<dyn std::error::Error>> {
    let subscriptions = (0..SUBSCRIPTIONS).map(|number| subscription(tenant, number)).collect::<Result<_, _>>()?;
    Ok(Snapshot::compile(subscriptions, None)?)
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

/// How long one change takes among 100,000 subscriptions: of a tenant that has a hundredth of them, and of one that has all.
fn changing(criterion: &mut Criterion) {
    const SUBSCRIPTIONS: usize = 100_000;
    let mut group = criterion.benchmark_group("changing");
    group.sample_size(10);
    for tenants in [100, 1] {
        let tenant = |number: usize| format!("tenant-{}", number % tenants).parse::<Tenant>().unwrap_or_default();
        let all = (0..SUBSCRIPTIONS).map(|number| subscription(&tenant(number), number)).collect::<Result<_, _>>();
        let Ok(Ok(snapshot)) = all.map(|all| Snapshot::compile(all, Some(1))) else {
            unreachable!("the bench's own names and patterns are valid");
        };
        let Some(change) = snapshot.iter().next().map(|first| Subscription { paused: true, ..(**first).clone() })
        else {
            unreachable!("there are subscriptions");
        };
        group.bench_function(format!("one of 100,000 subscriptions, tenants: {tenants}"), |bencher| {
            bencher.iter(|| {
                let subscriptions = vec![Change::Put(change.clone())];
                black_box(snapshot.with(Changes { subscriptions, ..Changes::default() }, 2))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, matching, changing);
criterion_main!(benches);
