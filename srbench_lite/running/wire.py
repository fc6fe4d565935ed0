"""Messages between the coordinator and its child processes: a JSON header and raw float64 arrays, never pickle."""

from __future__ import annotations

import json
import math
import socket
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from srbench_lite.errors import SrbenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Inbox", "Message", "WireError", "receive", "send"]

_PREFIX: Final = struct.Struct(">QQ")
#: Longest header and body accepted, in bytes. A method's answer is far smaller: formulas are bounded.
_MAX_HEADER: Final = 16 * 2**20
_MAX_BODY: Final = 2**28


class WireError(SrbenchError):
    """What came over the socket is no message."""


class Message(NamedTuple):
    """A header and its arrays, each of float64."""

    header: dict[str, Any]
    arrays: dict[str, NDArray[np.float64]]


def send(stream: socket.socket, message: Message) -> None:
    """Send a message; blocks until it is handed over."""
    shapes = {name: list(array.shape) for name, array in message.arrays.items()}
    head = json.dumps({**message.header, "arrays": shapes}, allow_nan=False).encode()
    body = b"".join(array.astype("<f8", copy=False).tobytes() for array in message.arrays.values())
    stream.sendall(_PREFIX.pack(len(head), len(body)) + head + body)


def receive(stream: socket.socket) -> Message | None:
    """Wait for one message; None at the end of the stream. What comes after it stays in the stream."""
    inbox = Inbox()
    while True:
        chunk = stream.recv(inbox.wanted)
        if not chunk:
            return None
        for message in inbox.feed(chunk):
            return message


class Inbox:
    """Puts messages together from the pieces in which they arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def wanted(self) -> int:
        """Number of bytes to read next, at most 256 KiB, so that nothing after the message is read."""
        if len(self._buffer) < _PREFIX.size:
            return _PREFIX.size - len(self._buffer)
        head_size, body_size = (int(size) for size in _PREFIX.unpack_from(self._buffer))
        return min(_PREFIX.size + head_size + body_size - len(self._buffer), 1 << 18)

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """Take a piece; yield every message that is complete.

        Raises:
            WireError: the bytes are no message.
        """
        import numpy as np

        self._buffer += chunk
        while len(self._buffer) >= _PREFIX.size:
            head_size, body_size = _PREFIX.unpack_from(self._buffer)
            if head_size > _MAX_HEADER or body_size > _MAX_BODY:
                raise WireError("a message is too long")
            end = _PREFIX.size + head_size + body_size
            if len(self._buffer) < end:
                return
            try:
                head = self._buffer[_PREFIX.size : _PREFIX.size + head_size]
                header = json.loads(head, parse_constant=_no_constant)
                arrays = {}
                place = _PREFIX.size + head_size
                for name, shape in header.pop("arrays").items():
                    if not all(type(size) is int and size >= 0 for size in shape):
                        raise ValueError(f"{shape!r:.40} is no shape")
                    stop = place + 8 * math.prod(shape)
                    if stop > end:
                        raise ValueError("an array is longer than the body")
                    flat = np.frombuffer(bytes(self._buffer[place:stop]), dtype="<f8")
                    arrays[name] = flat.reshape(shape).astype(np.float64)
                    place = stop
                if place != end:
                    raise ValueError("the body is longer than its arrays")
            except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
                raise WireError(f"a message cannot be read: {error}") from None
            del self._buffer[:end]
            yield Message(header, arrays)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
