//! How long it takes to ask 10,000 filters about one event, its data parsed once among them; and to compile one.

use std::hint::black_box;

use barid_event::amqp::{Limits, Message, read};
use barid_registry::{Facts, Filter, Verdict};
use chrono::DateTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use uuid::Uuid;

const FILTERS: usize = 10_000;

const DATA: &[u8] =
    br#"{"id": "d_77", "amount_minor": 48000000, "currency": "EUR", "stage": "won", "owner": {"name": "Ada"},
    "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}, {"sku": "c", "n": 3}, {"sku": "d", "n": 4}],
    "changes": [{"field": "stage", "old": "open", "new": "won"}]}"#;

/// One of each kind; the number keeps them apart.
fn kinds(number: usize) -> [(&'static str, String); 5] {
    [
        ("on the envelope", format!("type == 'deal.won' && source != 's{number}'")),
        ("on two fields", format!("data.amount_minor > {number} && data.currency == 'EUR'")),
        ("on a change", format!("changed('stage') && old('stage') != 's{number}'")),
        ("by a regular expression", format!("data.currency.matches('^E[A-Z]R$') && data.amount_minor > {number}")),
        ("on a list", format!("data.lines.exists(line, line.sku == 'd' && line.n < {})", number + 5)),
    ]
}

fn filtering(criterion: &mut Criterion) {
    let message = Message { routing_key: "deal.won", body: DATA.into(), ..Message::default() };
    let Ok(event) = read(&message, &Limits::default(), DateTime::UNIX_EPOCH, Uuid::nil).map(|read| read.event) else {
        unreachable!("the bench's own event is one");
    };
    let mut group = criterion.benchmark_group("filtering");
    group.throughput(Throughput::Elements(FILTERS as u64)).sample_size(20);
    for kind in 0..kinds(0).len() {
        let filters: Result<Vec<_>, _> = (0..FILTERS).map(|number| Filter::compile(&kinds(number)[kind].1)).collect();
        let Ok(filters) = filters else {
            unreachable!("the bench's own filters are valid");
        };
        group.bench_function(format!("10,000 filters {}", kinds(0)[kind].0), |bencher| {
            bencher.iter(|| {
                let facts = Facts::new(&event.envelope, &event.data);
                let wanted = filters.iter().filter(|filter| filter.judge(&facts) == Verdict::Match).count();
                assert_eq!(black_box(wanted), FILTERS);
            });
        });
    }
    group.finish();
    criterion.bench_function("compiling a filter", |bencher| {
        bencher.iter(|| black_box(Filter::compile("data.amount_minor > 1000000 && data.currency == 'EUR'")));
    });
}

criterion_group!(benches, filtering);
criterion_main!(benches);
