"""A paho client on a leash: JSON commands in on standard input, one JSON line out for everything that happens."""

import json
import os
import socket
import struct
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.packettypes import PacketTypes

clients = {}
lock = threading.Lock()


def say(**event):
    with lock:
        print(json.dumps(event), flush=True)


def code(reason):
    return getattr(reason, "value", reason)


def connect(order):
    name = order["name"]
    version = mqtt.MQTTv5 if order.get("v5") else mqtt.MQTTv311
    kept = order.get("kept", False)
    options = {} if order.get("v5") else {"clean_session": not kept}
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        client_id=order["id"],
        protocol=version,
        reconnect_on_failure=order.get("returns", False),
        **options,
    )
    client.reconnect_delay_set(1, 1)
    client.max_inflight_messages_set(order.get("inflight", 20))
    if "will" in order:
        client.will_set(order["will"], "offline", qos=1)

    def on_connect(_client, _data, flags, reason, properties):
        said = properties.json() if properties is not None else {}
        say(event="connected", name=name, code=code(reason), present=flags.session_present, properties=said)

    def on_message(_client, _data, message):
        text = message.payload.decode()
        say(event="message", name=name, topic=message.topic, payload=text, retain=message.retain)

    client.on_connect = on_connect
    client.on_message = on_message
    client.on_disconnect = lambda _c, _d, _f, reason, _p: say(
        event="disconnected", name=name, code=code(reason)
    )
    client.on_publish = lambda _c, _d, mid, reason, _p: say(
        event="published", name=name, mid=mid, code=code(reason)
    )
    client.on_subscribe = lambda _c, _d, _mid, reasons, _p: say(
        event="subscribed", name=name, codes=[code(reason) for reason in reasons]
    )
    if "ca" in order:
        client.tls_set(ca_certs=order["ca"], certfile=order.get("certificate"), keyfile=order.get("key"))
    if "user" in order:
        client.username_pw_set(order["user"], order["password"])
    properties = None
    if order.get("v5") and kept:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
    first = {"clean_start": not kept} if order.get("v5") else {}
    client.connect("127.0.0.1", order["port"], keepalive=order.get("keepalive", 60), properties=properties, **first)
    client.loop_start()
    clients[name] = client


def obey(order):
    client = clients.get(order.get("name"))
    if order["do"] == "connect":
        connect(order)
    elif order["do"] == "publish":
        for number in range(order.get("times", 1)):
            payload = order["payload"].replace("#", str(number))
            client.publish(order["topic"], payload, qos=order.get("qos", 1), retain=order.get("retain", False))
    elif order["do"] == "subscribe":
        client.subscribe(order["topic"], qos=1)
    elif order["do"] == "disconnect":
        client.disconnect()
    elif order["do"] == "die":
        # A reset instead of a goodbye: the cable is pulled.
        client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os._exit(0)


for line in sys.stdin:
    obey(json.loads(line))
os._exit(0)
