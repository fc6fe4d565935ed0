"""Messages between processes: what is sent arrives, and what a hostile method writes is refused and never believed."""

from __future__ import annotations

import json
import socket
import struct
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from srbench_lite.running.wire import Inbox, Message, WireError, receive, send

HEADERS = st.dictionaries(
    st.text(max_size=10).filter(lambda name: name != "arrays"),
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    max_size=4,
)
ARRAYS = st.dictionaries(
    st.text(max_size=5), npst.arrays(np.float64, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)),
    max_size=3,
)  # fmt: skip


def encoded(header: dict, arrays: dict | None = None) -> bytes:
    """Return the bytes of a message."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, Message(header, arrays or {}))
        ours.shutdown(socket.SHUT_WR)
        content = b""
        while part := theirs.recv(65536):
            content += part
        return content


def raw(header: bytes, body: bytes = b"", *, sizes: tuple[int, int] | None = None) -> bytes:
    return struct.pack(">QQ", *(sizes or (len(header), len(body)))) + header + body


def same(message: Message, header: dict, arrays: dict) -> bool:
    equal = message.arrays.keys() == arrays.keys() and all(
        message.arrays[n].shape == a.shape and message.arrays[n].tobytes() == a.tobytes() for n, a in arrays.items()
    )
    return message.header == header and equal


@given(HEADERS, ARRAYS)
def test_what_is_sent_arrives(header, arrays):
    """NaN, infinity, minus zero and empty arrays too, to the last bit."""
    (message,) = Inbox().feed(encoded(header, arrays))
    assert same(message, header, arrays)


@given(st.lists(st.tuples(HEADERS, ARRAYS), max_size=4), st.data())
def test_pieces_of_any_length_make_the_same_messages(messages, data):
    content = b"".join(encoded(header, arrays) for header, arrays in messages)
    inbox, got = Inbox(), []
    while content:
        size = data.draw(st.integers(1, len(content)))
        got += list(inbox.feed(content[:size]))
        content = content[size:]
    assert len(got) == len(messages)
    assert all(same(message, *sent) for message, sent in zip(got, messages, strict=True))


def test_arrays_are_ours_alone_and_of_float64():
    fortran = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    arrays = {"i": np.arange(4, dtype=np.int32), "f": fortran, "b": np.ones(2, ">f8")}
    (message,) = Inbox().feed(encoded({}, arrays))
    assert {array.dtype for array in message.arrays.values()} == {np.dtype(np.float64)}
    assert message.arrays["f"].tolist() == arrays["f"].tolist()
    assert message.arrays["b"].tolist() == [1.0, 1.0]
    message.arrays["i"][0] = 9.0  # writable


def test_two_messages_at_once_are_received_one_after_the_other():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(10)
        send(ours, Message({"n": 1}, {"a": np.ones(3)}))
        send(ours, Message({"n": 2}, {}))
        first, second = receive(theirs), receive(theirs)
        assert (first.header, second.header) == ({"n": 1}, {"n": 2})
        ours.close()
        assert receive(theirs) is None


def test_a_large_message_and_a_slow_peer():
    """Larger than any buffer of the system."""
    ours, theirs = socket.socketpair()
    array = np.random.default_rng(0).normal(size=(200_000, 3))
    with ours, theirs:
        theirs.settimeout(30)
        thread = threading.Thread(target=send, args=(ours, Message({"n": 1}, {"x": array})))
        thread.start()
        message = receive(theirs)
        thread.join()
        assert same(message, {"n": 1}, {"x": array})


def test_a_stream_that_ends_within_a_message_is_no_message():
    content = encoded({"n": 1}, {"a": np.ones(5)})
    for size in (0, 3, 16, 20, len(content) - 1):
        ours, theirs = socket.socketpair()
        with theirs:
            with ours:
                ours.sendall(content[:size])
            assert receive(theirs) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_what_is_no_json_is_not_sent(value):
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises((TypeError, ValueError)):
        send(ours, Message({"value": value}, {}))


@pytest.mark.parametrize(
    "content",
    [
        raw(b"not json"),
        raw(b"[]"),
        raw(b"null"),
        raw(b"{}"),
        raw(b'{"arrays": 1}'),
        raw(b'{"arrays": {"a": 3}}'),
        raw(b'{"arrays": {"a": "33"}}', b"\0" * 72),
        raw(b'{"arrays": {"a": [-1]}}', b"\0" * 8),
        raw(b'{"arrays": {"a": [-1, -1]}}', b"\0" * 8),
        raw(b'{"arrays": {"a": [1.0]}}', b"\0" * 8),
        raw(b'{"arrays": {"a": [true]}}', b"\0" * 8),
        raw(b'{"arrays": {"a": ["1"]}}', b"\0" * 8),
        raw(b'{"arrays": {"a": [[1]]}}', b"\0" * 8),
        raw(b'{"arrays": {"a": [2]}}', b"\0" * 8),
        raw(b'{"arrays": {"a": [1]}}', b"\0" * 16),
        raw(b'{"arrays": {}}', b"\0"),
        raw(b'{"arrays": {"a": [4294967296, 4294967296]}}'),
        raw(b'{"arrays": {"a": [%s]}}' % (b"9" * 30)),
        raw(b'{"arrays": {}, "n": %s}' % (b"9" * 5000)),
        raw(b'{"arrays": {}, "n": NaN}'),
        raw(b'{"arrays": {}, "n": -Infinity}'),
        raw(b'{"arrays": {}, "n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        raw(b"\xff\xfe"),
        raw(b"", sizes=(2**63, 0)),
        raw(b"", sizes=(0, 2**63)),
        raw(b"", sizes=(2**25, 2**31)),
    ],
    ids=range(26),
)
def test_bytes_that_are_no_message_are_refused(content):
    with pytest.raises(WireError, match="a message"):
        list(Inbox().feed(content))


def test_an_array_never_reads_into_the_next_message():
    """A shape of two numbers and a body of one: what follows belongs to another message."""
    lying = raw(b'{"arrays": {"a": [3]}}', b"\0" * 8)
    with pytest.raises(WireError, match="longer than the body"):
        list(Inbox().feed(lying + encoded({"n": 2}, {"a": np.ones(50)})))


@given(st.binary(max_size=300))
def test_any_bytes_are_messages_or_refused(content):
    try:
        messages = list(Inbox().feed(content))
    except WireError:
        return
    assert all(isinstance(message.header, dict) for message in messages)


@given(st.binary(max_size=60), st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
))  # fmt: skip
def test_any_shapes_are_arrays_or_refused(body, shapes):
    try:
        (message,) = Inbox().feed(raw(json.dumps({"arrays": shapes}).encode(), body))
    except WireError:
        return
    assert sum(array.nbytes for array in message.arrays.values()) == len(body)
