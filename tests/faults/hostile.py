# SPDX-License-Identifier: Apache-2.0
"""Messages that nobody should send. None of them may reach a handler, stop one, or do anything but be counted."""

import json

CHANNEL = "booking.created"


def envelope(**changes):
    return {"causal_id": "evt-0badc0de", "vector_clock": {"bad": 1}, "payload": {"id": "bad"}, "tenant": "salon-001",
            **changes}


def text(value):
    return json.dumps(value).encode()


def without(name):
    value = envelope()
    del value[name]
    return text(value)


def noise(random, length):
    return bytes(random.randrange(256) for _ in range(length))


BODIES = [
    lambda random: b"",
    lambda random: b"\0" * random.randrange(1, 50),
    lambda random: noise(random, random.randrange(1, 300)),
    lambda random: text(envelope())[:random.randrange(1, 90)],
    lambda random: text(envelope()) + b"}",
    lambda random: text(envelope()) + text(envelope()),
    lambda random: b"[" * random.randrange(100, 20000),
    lambda random: b'{"a":' * random.randrange(100, 5000),
    lambda random: text(envelope()).replace(b'"bad"}', b'"\xff\xfe"}'),
    lambda random: text(envelope()).replace(b'"bad"}', b'"\\ud800"}'),
    lambda random: text(envelope()).replace(b'"bad"}', b'"a\0b"}'),
    lambda random: text(envelope()).replace(b'"bad":', b'"bad":1e999999,"worse":'),
    lambda random: text(envelope()).replace(b'{"bad": 1}', b'{"bad": NaN}'),
    lambda random: text(envelope()).replace(b'"tenant"', b'"payload":{},"tenant"'),
    lambda random: text(envelope(tenant="cafe_7")),
    lambda random: text(envelope(tenant="salon-001\r\nPUB nexus.x 0")),
    lambda random: text(envelope(tenant=7)),
    lambda random: text(envelope(payload=None)),
    lambda random: text(envelope(payload=[1, 2, 3])),
    lambda random: text(envelope(payload="text")),
    lambda random: text(envelope(vector_clock=[])),
    lambda random: text(envelope(vector_clock={"a": -1})),
    lambda random: text(envelope(vector_clock={"a": 1.5})),
    lambda random: text(envelope(vector_clock={"a": 2 ** 60})),
    lambda random: text(envelope(causal_id=None)),
    lambda random: text(envelope(causal_id="x" * 5000)),
    lambda random: without("payload"),
    lambda random: without("vector_clock"),
    lambda random: without("causal_id"),
    lambda random: text([envelope()]),
    lambda random: b'"' + b"x" * random.randrange(100000) + b'"',
    lambda random: b"9" * random.randrange(1, 5000),
]

SUBJECTS = [
    "nexus.salon-001.nothing.known", "nexus.salon-001", "nexus.salon-001.booking.created.more", "nexus._core.nothing",
    "nexus._core.booking.created", "nexus.-bad.booking.created", "nexus." + "x" * 64 + ".booking.created",
    "nexus.salon-001.booking", "nexus.$JS.booking.created",
]

HEADERS = [
    None,
    [],
    [(b"Nats-Msg-Id", b"salon-001:" + b"x" * 3000)],
    [(b"traceparent", b"00-zz-zz-01")],
    [(b"traceparent", b"\xff" * 100)],
    [(b"Nexus-Schema", b";;;;" * 500)],
    [(b"Nexus-Signature", b"eyJhbGciOiJub25lIn0..AAAA")],
    [(b"Nexus-Signature", b"." * 4000)],
    [(b"X" + b"%d" % number, b"y") for number in range(500)],
]


def messages(random, count):
    """(subject, body, headers), none of which is an event."""
    for number in range(count):
        headers = random.choice(HEADERS)
        if headers and headers[0][0] == b"Nats-Msg-Id":
            headers = [(b"Nats-Msg-Id", headers[0][1] + b"%d" % number)]  # or the stream drops it
        if random.random() < 0.2:
            yield random.choice(SUBJECTS), text(envelope()), headers
        else:
            yield "nexus.salon-001." + CHANNEL, random.choice(BODIES)(random), headers


STATUSES = [b"100 Idle Heartbeat", b"404 No Messages", b"408 Request Timeout", b"409 Consumer Deleted",
            b"409 Message Size Exceeds MaxBytes", b"409 Leadership Change", b"400 Bad Request", b"503", b"999 ?", b"-1"]

ANSWERS = [b"", b"{}", b"[]", b"null", b'{"stream":""}', b'{"stream":"NEXUS","seq":-1}', b'{"stream":"NEXUS","seq":0}',
           b'{"stream":"NEXUS","seq":1e99}', b'{"stream":"NEXUS","seq":"1"}', b'{"error":7}', b'{"error":{"code":"x"}}',
           b'{"error":{"code":503,"err_code":10008}}', b'{"stream":' + b"[" * 3000, b"\xff\0\xfe"]


def likely(random, place):
    """What may come after a place that was heard of: a later pull, or the next event of a slot."""
    kind, _, number = place.rpartition(".")
    if not kind or not number.isdigit():
        return place
    step = random.randrange(3) if kind.startswith("p") else random.randrange(12) << 17
    return f"{kind}.{int(number) + step}"


def false_answers(random, places, count):
    """(subject, body, status line or None) for the subjects on which clients hear answers; `places` are the
    prefixes that were heard of, each with what stood behind it."""
    prefixes = sorted(places)
    for _ in range(count):
        prefix = random.choice(prefixes)
        number = random.choice([random.randrange(5), random.randrange(100000), random.randrange(1 << 70)])
        place = random.choice([f"a{random.randrange(9)}.{number}", f"r{number}", f"p{random.randrange(32)}.{number}",
                               f"a1.x{number}", "r", f"a{number}"])
        if random.random() < 0.7:
            place = likely(random, random.choice(places[prefix]))
        subject = f"{prefix}.{place}"
        if random.random() < 0.4:
            yield subject, b"", random.choice(STATUSES)
        else:
            yield subject, random.choice(ANSWERS), None
