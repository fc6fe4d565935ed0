"""Signals that interrupt a command, all in the same way: Ctrl-C, a request to end, a terminal that was closed."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["all_interrupts_heard", "deaf_to_interrupts", "ignore_interrupts"]

_INTERRUPTS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextlib.contextmanager
def all_interrupts_heard() -> Iterator[None]:
    """Have each of these signals raise `KeyboardInterrupt` meanwhile, unless it is ignored, as under nohup."""
    unheard = [number for number in _INTERRUPTS if signal.getsignal(number) == signal.SIG_DFL]
    with _handled(unheard, signal.default_int_handler):
        yield


@contextlib.contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Ignore these signals for a moment, where this thread is the one that hears them."""
    with _handled(_INTERRUPTS, signal.SIG_IGN):
        yield


def ignore_interrupts() -> None:
    """Ignore these signals from now on: what a process does whose work is done and that is about to end."""
    if threading.current_thread() is threading.main_thread():
        for number in _INTERRUPTS:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def _handled(numbers: Iterable[signal.Signals], handler: signal._HANDLER) -> Iterator[None]:
    """Handle some signals in another way; afterwards as before, unless somebody has changed that meanwhile."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, present in before.items():
            if signal.getsignal(number) == handler:
                signal.signal(number, present)
