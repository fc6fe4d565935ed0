"""Steps that a target of the fuzzing takes, and texts of any characters as bytes."""

from __future__ import annotations

from collections.abc import Callable

from fuzz_children import MAX_LINE

from srbench_lite.cli.streams import bounded
from srbench_lite.errors import SrbenchError

__all__ = ["all_of", "also", "to_bytes", "to_text"]


def to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def to_text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")


def all_of(*steps: Callable[[], object]) -> None:
    """Take steps, each although another one is refused; raise what the first refused one raised."""
    first: SrbenchError | None = None
    for step in steps:
        try:
            step()
        except SrbenchError as error:
            first = first or error
    if first is not None:
        raise first


def also(*steps: Callable[[], object]) -> None:
    """Take steps that may be refused, each with a bounded text."""
    for step in steps:
        try:
            step()
        except SrbenchError as error:
            if len(bounded(str(error))) > MAX_LINE:
                raise AssertionError(f"an error of {len(str(error)):,} characters: {error!s:.200}") from None
