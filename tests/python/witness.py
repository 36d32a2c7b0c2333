"""A test's own AMQP client: says what is on the broker, and publishes what no client of ours would.

One JSON object per line in, one out. The URL of the broker is the only argument. After a lost connection the command is
tried once more on a new one.
"""

import base64
import json
import sys

import pika
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker, UnroutableError


def connect():
    parameters = pika.URLParameters(sys.argv[1])
    # Nobody answers heartbeats while the test is silent.
    parameters.heartbeat = 0
    return pika.BlockingConnection(parameters)


def look(channel, name):
    found = channel.queue_declare(name, passive=True).method
    return {"messages": found.message_count, "consumers": found.consumer_count}


def publish(channel, task):
    channel.confirm_delivery()
    headers = dict(task.get("headers", {}))
    for name, text in task.get("raw_headers", {}).items():
        headers[name] = base64.b64decode(text)
    properties = pika.BasicProperties(delivery_mode=2, headers=headers or None, **task.get("properties", {}))
    body = base64.b64decode(task["body"])
    try:
        channel.basic_publish(task["exchange"], task["routing_key"], body, properties, mandatory=True)
    except UnroutableError:
        return {"routed": False}
    return {"routed": True}


def peek(channel, queue):
    method, properties, body = channel.basic_get(queue)
    if method is None:
        return {"message": None}
    channel.basic_nack(method.delivery_tag, requeue=True)
    known = ("content_type", "content_encoding", "priority", "expiration", "message_id", "app_id", "type", "reply_to", "user_id")
    return {
        "message": {
            "exchange": method.exchange,
            "routing_key": method.routing_key,
            "properties": {name: value for name in known if (value := getattr(properties, name)) is not None},
            "headers": sorted(properties.headers or {}),
            "body": base64.b64encode(body).decode(),
        }
    }


def act(channel, task):
    match task["do"]:
        case "queue":
            return look(channel, task["name"])
        case "queues":
            return {"queues": {name: look(channel, name)["messages"] for name in task["names"]}}
        case "publish":
            return publish(channel, task)
        case "peek":
            return peek(channel, task["queue"])
        case "unbind":
            channel.queue_unbind(task["queue"], task["exchange"], task["routing_key"])
        case "bind":
            channel.queue_bind(task["queue"], task["exchange"], task["routing_key"])
        case "declare":
            channel.queue_declare(task["queue"], durable=True)
        case "delete":
            channel.queue_delete(task["queue"])
        case other:
            raise ValueError(f"unknown command {other}")
    return {}


connection = None
for line in sys.stdin:
    task = json.loads(line)
    for last in (False, True):
        try:
            connection = connection or connect()
            channel = connection.channel()
            answer = act(channel, task)
            channel.close()
            break
        except ChannelClosedByBroker as error:
            answer = {"error": error.reply_text, "code": error.reply_code}
            break
        except AMQPConnectionError as error:
            connection = None
            answer = {"error": repr(error), "code": 0}
    print(json.dumps(answer), flush=True)
