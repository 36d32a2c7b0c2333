//! The topology as RabbitMQ's definitions file, for operators who provision by themselves.

use serde_json::{Map, Value, json};

use super::{Argument, Destination, ExchangeType, Step, Topology};

impl Topology {
    /// What `rabbitmqctl import_definitions` and the management API take.
    pub fn definitions(&self, vhost: &str) -> Value {
        let (mut exchanges, mut queues, mut bindings) = (Vec::new(), Vec::new(), Vec::new());
        for step in &self.steps {
            match step {
                Step::Exchange(exchange) => {
                    let kind = match exchange.kind {
                        ExchangeType::Direct => "direct",
                        ExchangeType::Fanout => "fanout",
                        ExchangeType::Topic => "topic",
                    };
                    let arguments: Map<String, Value> = exchange
                        .alternate
                        .iter()
                        .map(|name| ("alternate-exchange".to_owned(), Value::from(name.as_str())))
                        .collect();
                    exchanges.push(json!({
                        "name": exchange.name, "vhost": vhost, "type": kind, "durable": true,
                        "auto_delete": false, "internal": false, "arguments": arguments,
                    }));
                }
                Step::Queue(queue) => {
                    let arguments: Map<String, Value> = queue
                        .arguments
                        .iter()
                        .map(|(name, value)| {
                            let value = match value {
                                Argument::Text(text) => Value::from(text.as_str()),
                                Argument::Number(number) => Value::from(*number),
                                Argument::Flag(flag) => Value::from(*flag),
                            };
                            ((*name).to_owned(), value)
                        })
                        .collect();
                    queues.push(json!({
                        "name": queue.name, "vhost": vhost, "durable": true, "auto_delete": false,
                        "arguments": arguments,
                    }));
                }
                Step::Bind(binding) => {
                    let (destination, kind) = match &binding.destination {
                        Destination::Queue(name) => (name, "queue"),
                        Destination::Exchange(name) => (name, "exchange"),
                    };
                    bindings.push(json!({
                        "source": binding.source, "vhost": vhost, "destination": destination,
                        "destination_type": kind, "routing_key": binding.routing_key, "arguments": {},
                    }));
                }
            }
        }
        json!({ "exchanges": exchanges, "queues": queues, "bindings": bindings })
    }
}
