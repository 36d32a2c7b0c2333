//! All of RabbitMQ: connections, topology, publishing with confirms, consuming, the delay ladder, dead letters.
