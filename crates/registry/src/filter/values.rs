//! What an expression looked at: every path into the event that it names, with what is there. For people who ask why a
//! filter said what it said; nothing here runs when events are routed.

use cel::{
    common::ast::{EntryExpr, Expr},
    parser::Expression,
};
use serde_json::Value;

use super::{
    Filter,
    facts::{CHANGED, Facts, NAMES, OLD},
    path::Path,
};

/// The most values that are shown of an expression.
pub const MAX_VALUES: usize = 50;

/// The longest value that is shown whole, in bytes of its JSON.
pub const MAX_VALUE: usize = 256;

/// A path of an expression, and what it leads to in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// As an expression spells it: `data.owner.name`, `data.lines[0].sku`, `changed("stage")`.
    pub path: String,
    /// What is there.
    pub value: SeenValue,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeenValue {
    /// This.
    Whole(Value),
    /// More than [`MAX_VALUE`] bytes of JSON, of which this is the beginning.
    Cut(String),
    /// Nothing.
    Absent,
}

impl SeenValue {
    fn of(found: Option<Value>) -> Self {
        let Some(value) = found else { return Self::Absent };
        let mut text = value.to_string();
        if text.len() <= MAX_VALUE {
            return Self::Whole(value);
        }
        text.truncate(text.floor_char_boundary(MAX_VALUE));
        Self::Cut(text)
    }
}

impl Filter {
    /// What the expression sees of an event: the first [`MAX_VALUES`] of the paths that it names, each once, in its order.
    /// Of what a macro walks there is the whole list; what it binds has no path.
    pub fn values(&self, facts: &Facts<'_>) -> Vec<Seen> {
        let mut paths = Paths::default();
        paths.collect(&self.0.expression);
        let seen = |path: Path<'_>| Seen { value: SeenValue::of(resolve(&path, facts)), path: spelled(&path) };
        paths.found.into_iter().map(seen).collect()
    }
}

#[derive(Default)]
struct Paths<'e> {
    found: Vec<Path<'e>>,
    /// The names that the macro around binds: there is at most one.
    bound: Option<[&'e str; 2]>,
}

impl<'e> Paths<'e> {
    fn collect(&mut self, expression: &'e Expression) {
        if let Some(path) = self.path(expression) {
            if self.found.len() < MAX_VALUES && !self.found.contains(&path) {
                self.found.push(path);
            }
            return;
        }
        match &expression.expr {
            Expr::Select(select) => self.collect(&select.operand),
            Expr::Call(call) => {
                call.target.iter().map(|target| &**target).chain(&call.args).for_each(|part| self.collect(part));
            }
            Expr::List(list) => list.elements.iter().for_each(|item| self.collect(item)),
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.collect(&entry.key);
                        self.collect(&entry.value);
                    }
                }
            }
            Expr::Comprehension(made) => {
                self.collect(&made.iter_range);
                self.bound = Some([&made.iter_var, &made.accu_var]);
                for part in [&made.loop_cond, &made.loop_step, &made.result] {
                    self.collect(part);
                }
                self.bound = None;
            }
            Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => {}
        }
    }

    /// The path that an expression is, or whose end it tests for.
    fn path(&self, expression: &'e Expression) -> Option<Path<'e>> {
        let is_free = |name: &str| {
            let is_bound = self.bound.is_some_and(|bound| bound.contains(&name));
            !is_bound && is_of_the_event(name)
        };
        match &expression.expr {
            Expr::Select(tested) if tested.test => Some(Path::of(&tested.operand, is_free)?.then(&tested.field)),
            _ => Path::of(expression, is_free),
        }
    }
}

fn is_of_the_event(name: &str) -> bool {
    NAMES.contains(&name) || name.starts_with(CHANGED) || name.starts_with(OLD)
}

fn resolve(path: &Path<'_>, facts: &Facts<'_>) -> Option<Value> {
    path.walk(&*facts.named(path.name())?).cloned()
}

/// As an expression spells it.
fn spelled(path: &Path<'_>) -> String {
    let name = path.name();
    let root = match (name.strip_prefix(CHANGED), name.strip_prefix(OLD)) {
        (Some(field), _) => format!("changed({field:?})"),
        (_, Some(field)) => format!("old({field:?})"),
        _ => name.to_owned(),
    };
    root + &path.way()
}

#[cfg(test)]
mod tests {
    use barid_event::{
        Event,
        amqp::{Limits, Message, read},
    };
    use chrono::DateTime;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn event(data: &Value) -> Event {
        let body = serde_json::to_vec(data).unwrap().into();
        let message = Message { routing_key: "deal.won", message_id: Some("e-1"), body, ..Message::default() };
        read(&message, &Limits::default(), DateTime::UNIX_EPOCH, Uuid::nil).unwrap().event
    }

    fn seen(source: &str, data: &Value) -> Vec<(String, SeenValue)> {
        let event = event(data);
        let values = Filter::compile(source).unwrap().values(&Facts::new(&event.envelope, &event.data));
        values.into_iter().map(|seen| (seen.path, seen.value)).collect()
    }

    fn whole(path: &str, value: Value) -> (String, SeenValue) {
        (path.to_owned(), SeenValue::Whole(value))
    }

    fn absent(path: &str) -> (String, SeenValue) {
        (path.to_owned(), SeenValue::Absent)
    }

    #[test]
    fn shows_every_name_that_it_evaluates() {
        for name in NAMES {
            let event = event(&json!({}));
            let (facts, filter) =
                (Facts::new(&event.envelope, &event.data), Filter::compile(&format!("{name} == {name}")).unwrap());
            assert_eq!(filter.judge(&facts), crate::Verdict::Match, "{name}");
            assert!(matches!(filter.values(&facts).as_slice(), [Seen { value: SeenValue::Whole(_), .. }]), "{name}");
        }
    }

    #[test]
    fn shows_each_path_once_with_what_is_there() {
        let data = json!({"amount": 7, "owner": {"name": "Ada"}, "lines": [{"sku": "a"}], "odd key": null});
        assert_eq!(
            seen("data.amount > 5 && data.amount < data.limit && has(data.owner.name) || type == 'deal.lost'", &data),
            [
                whole("data.amount", json!(7)),
                absent("data.limit"),
                whole("data.owner.name", json!("Ada")),
                whole("type", json!("deal.won"))
            ]
        );
        assert_eq!(
            seen(
                "data.lines[0].sku == 'a' && data.lines[1].sku == 'b' && data['odd key'] == null && subject == null",
                &data
            ),
            [
                whole("data.lines[0].sku", json!("a")),
                absent("data.lines[1].sku"),
                whole("data[\"odd key\"]", Value::Null),
                whole("subject", Value::Null)
            ]
        );
        assert_eq!(
            seen("data.amount.foo == 1 || data.owner[data.key] == 'x' || size(data.lines) > 1", &data),
            [
                absent("data.amount.foo"),
                whole("data.owner", json!({"name": "Ada"})),
                absent("data.key"),
                whole("data.lines", json!([{"sku": "a"}]))
            ]
        );
    }

    #[test]
    fn shows_what_a_macro_walks_and_not_what_it_binds() {
        let data = json!({"lines": [1, 2], "least": 2});
        let expected = [whole("data.lines", json!([1, 2])), whole("data.least", json!(2))];
        assert_eq!(seen("data.lines.exists(line, line >= data.least)", &data), expected);
        // A bound name may hide one of the event.
        assert_eq!(seen("data.lines.exists(type, type > 1)", &data), expected[..1]);
    }

    #[test]
    fn shows_changes_by_the_name_of_their_function() {
        let data = json!({"changes": [{"field": "stage", "old": "open", "new": "won"}]});
        assert_eq!(
            seen("changed('stage') && old('stage') == 'open' && !changed('note') && old('note') == null", &data),
            [
                whole("changed(\"stage\")", json!(true)),
                whole("old(\"stage\")", json!("open")),
                whole("changed(\"note\")", json!(false)),
                whole("old(\"note\")", Value::Null)
            ]
        );
    }

    #[test]
    fn bounds_how_much_it_shows() {
        let data = json!({"long": "é".repeat(MAX_VALUE)});
        let long = seen("data.long == 'x'", &data).remove(0).1;
        assert!(matches!(long, SeenValue::Cut(text) if text.len() <= MAX_VALUE && text.starts_with("\"éé")));
        let many: Vec<_> = (0..MAX_VALUES + 5).map(|number| format!("data.f{number}")).collect();
        assert_eq!(seen(&format!("[{}] == []", many.join(", ")), &data).len(), MAX_VALUES);
    }

    #[test]
    fn data_that_is_no_json_has_no_members() {
        assert_eq!(seen("data.a == 1 && data == null", &Value::Null), [absent("data.a"), whole("data", Value::Null)]);
    }
}
