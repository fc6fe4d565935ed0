"""Packets between a supervisor and its zygote: what is sent arrives equal, and what is malformed is refused."""

from __future__ import annotations

import dataclasses

import pytest

from srbench_lite.running.packets import CLEAR, RUN, Cleared, Forked, Ready, ZygoteConfig
from srbench_lite.running.wire import WireError


@pytest.mark.parametrize(
    "packet",
    [
        ZygoteConfig(plugins=("/a/b.py",), preload=("torch",), scores=True), Ready(pid=6), Forked(pid=7),
        Cleared(wait_status=None, cpu_seconds=1.5, survivors=0), Cleared(wait_status=9, cpu_seconds=0.0, survivors=2),
    ],
)  # fmt: skip
def test_a_packet_arrives_as_it_was_sent(packet):
    assert type(packet).from_bytes(packet.to_bytes()) == packet
    assert len(packet.to_bytes()) < 200


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        (Forked, b"no json", "a packet is no JSON"),
        (Forked, b"\xff", "a packet is no JSON"),
        (Forked, b"[" * 100_000, "a packet is no JSON"),
        (Forked, b"[1]", r"a packet must be an object, got \[1\]"),
        (Forked, b"{}", "it lacks pid"),
        (Forked, b'{"pid": "7"}', "pid must be a whole number, got '7'"),
        (Forked, b'{"pid": true}', "pid must be a whole number, got True"),
        (Cleared, b'{"wait_status": 0, "cpu_seconds": null, "survivors": 0}', "cpu_seconds must be a number, got None"),
        (Cleared, b'{"wait_status": 0.5, "cpu_seconds": 0.5, "survivors": 0}', "wait_status must be a whole number or"),
        (ZygoteConfig, b'{"plugins": "a", "preload": [], "scores": true}', "plugins must be a list of texts, got 'a'"),
        (ZygoteConfig, b'{"plugins": [], "preload": [], "scores": 1}', "scores must be true or false, got 1"),
    ],
)
def test_a_wrong_packet_says_what_is_wrong(kind, content, said):
    with pytest.raises(WireError, match=said):
        kind.from_bytes(content)


def test_commands_differ_and_packets_are_frozen():
    assert RUN != CLEAR
    with pytest.raises(dataclasses.FrozenInstanceError):
        Forked(pid=1).pid = 2  # type: ignore[misc]
