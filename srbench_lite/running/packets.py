"""What a supervisor and its zygote say to each other: commands, and frozen values that check themselves.

Each travels as one packet of JSON; what is malformed raises `WireError`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Self

from srbench_lite.running.field_checks import check_texts, check_type, field_names, given_fields, shown
from srbench_lite.running.wire import WireError

__all__ = ["CLEAR", "RUN", "Cleared", "Forked", "Ready", "ZygoteConfig"]

#: The zygote's two commands; with RUN come two file descriptors.
RUN: Final = b"run"
CLEAR: Final = b"clear"


class _Packet:
    """A value that travels as one packet of JSON."""

    __slots__ = ()

    def to_bytes(self) -> bytes:
        """Return it as it goes over the socket."""
        return json.dumps({name: getattr(self, name) for name in field_names(type(self))}).encode()

    @classmethod
    def from_bytes(cls, packet: bytes) -> Self:
        """Read it; raises `WireError`."""
        try:
            header = json.loads(packet)
        except (ValueError, RecursionError) as error:
            raise WireError(f"a packet is no JSON: {error}") from None
        check_type("a packet", header, dict, "an object")
        return cls(**given_fields(header, cls))


@dataclass(frozen=True, slots=True, kw_only=True)
class ZygoteConfig(_Packet):
    """What a zygote loads before it forks: plugin files, modules, and what scoring needs.

    `entry_points` are the plugins, `name=module` each; None for those that are installed.
    """

    plugins: tuple[str, ...]
    preload: tuple[str, ...]
    scores: bool
    entry_points: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "plugins", check_texts("plugins", self.plugins))
        object.__setattr__(self, "preload", check_texts("preload", self.preload))
        if not isinstance(self.scores, bool):
            raise WireError(f"scores must be true or false, got {shown(self.scores)}")
        if self.entry_points is not None:
            object.__setattr__(self, "entry_points", check_texts("entry_points", self.entry_points))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready(_Packet):
    """The zygote, whose number this is, has loaded everything."""

    pid: int

    def __post_init__(self) -> None:
        check_type("pid", self.pid, int, "a whole number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forked(_Packet):
    """The zygote has forked a child."""

    pid: int

    def __post_init__(self) -> None:
        check_type("pid", self.pid, int, "a whole number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared(_Packet):
    """The zygote has ended its child and all that descends from it.

    Attributes:
        wait_status: of the child; None where it is unknown.
        cpu_seconds: CPU time of all of them.
        survivors: how many processes outlived SIGKILL.
    """

    wait_status: int | None
    cpu_seconds: float
    survivors: int

    def __post_init__(self) -> None:
        check_type("wait_status", self.wait_status, int | None, "a whole number or null")
        check_type("cpu_seconds", self.cpu_seconds, float, "a number")
        check_type("survivors", self.survivors, int, "a whole number")
