"""`SideSearch`: proposals that a second process looks for meanwhile, taken in the order of counted work.

The child is forked, so both processes begin with the same data and the same count of work, and from then on each counts
its own. What the child had found by some count is taken where this process has reached that count, and waited for
where the child is not so far: the order of all proposals, and with it the answer, does not depend on which process is
faster. A second thread would bring nothing: the interpreter lets one run at a time.
"""

from __future__ import annotations

import contextlib
import faulthandler
import math
import os
import signal
import sys
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Final, NoReturn, Self

from srbench_lite import FitError
from srbench_lite.fitting import Deadline, count_work, counted_work
from srbench_portfolio.part import Proposal

__all__ = ["SideSearch"]

#: Seconds of the clock after which the child says how far it is.
_SECONDS_BETWEEN_MARKS: Final = 0.02


@dataclass(frozen=True, slots=True)
class _Message:
    """What the child says.

    Attributes:
        work: that it has counted, as `counted_work` does.
        proposal: that it has found.
        is_last: whether it has ended.
        was_cut: whether the clock has ended it.
        error: that has ended it.
    """

    work: int
    proposal: Proposal | None = None
    is_last: bool = False
    was_cut: bool = False
    error: Exception | None = None


class SideSearch:
    """A child process that looks for proposals, from entering the context until leaving it at the latest.

    Args:
        proposals: what it looks for.
        budget: of this process and of the child, each.
    """

    def __init__(self, proposals: Callable[[], Iterator[Proposal]], budget: Deadline) -> None:
        self._proposals, self._budget = proposals, budget
        self._waiting: deque[_Message] = deque()  # those of which the turn has not come
        self._work: float = 0.0  # that the child has counted, as far as is known; infinite when it has ended
        self._child = 0
        self._pipe: Connection | None = None

    @staticmethod
    def is_possible() -> bool:
        """Whether this process can be forked safely: on Linux, while it has one thread."""
        return sys.platform == "linux" and threading.active_count() == 1

    def __enter__(self) -> Self:
        self._pipe, theirs = Pipe(duplex=False)
        with warnings.catch_warnings():  # of threads of numerical libraries, which they start again
            warnings.simplefilter("ignore", DeprecationWarning)
            self._child = os.fork()
        if self._child == 0:
            self._pipe.close()
            _search(self._proposals, self._budget, theirs)
        theirs.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._pipe is not None
        self._pipe.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._child, 0)

    def until_now(self) -> Iterator[Proposal]:
        """Yield what the child had found when it had counted as much work as this process has by now.

        Raises:
            FitError, MemoryError, RuntimeError: what has ended the child.
        """
        now = counted_work()
        while self._work <= now:
            self._hear()
        yield from self._due(now)

    def rest(self) -> Iterator[Proposal]:
        """Yield all that the child finds; to wait for it is counted as work."""
        while self._work < math.inf or self._waiting:
            if not self._waiting:
                self._hear()
            yield from self._due(math.inf)

    def _due(self, work: float) -> Iterator[Proposal]:
        """Yield what was said by some count of work."""
        while self._waiting and self._waiting[0].work <= work:
            message = self._waiting.popleft()
            count_work(max(message.work - counted_work(), 0))
            if message.error is not None:
                raise message.error
            if message.was_cut:
                self._cut()
            if message.proposal is not None:
                yield message.proposal

    def _hear(self) -> None:
        """Wait for a message, or until the clock cuts."""
        assert self._pipe is not None
        if not self._pipe.poll(max(self._budget.left, 0.0)):
            self._cut()
            return
        try:
            message: _Message = self._pipe.recv()
        except (EOFError, OSError):
            raise RuntimeError("the second process of the search has died") from None
        if message.proposal is not None or message.is_last:
            self._waiting.append(message)
        self._work = math.inf if message.is_last else message.work

    def _cut(self) -> None:
        """Let the budget know that the clock has cut something off: a part of it without time and with work is."""
        self._work = math.inf
        assert self._budget.part(0.0, work_share=math.inf).is_over


class _Sender:
    """The child's end: says what was found, and every now and then how far it is.

    Args:
        pipe: to the parent.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._is_busy = False

    def send(self, message: _Message) -> None:
        self._is_busy = True  # no mark in the middle of a message
        self._pipe.send(message)
        self._is_busy = False

    def mark(self, *_: object) -> None:
        """Say how far the search is; leave where nobody listens any more."""
        if self._is_busy:
            return
        try:
            self.send(_Message(counted_work()))
        except OSError:
            os._exit(1)


def _search(proposals: Callable[[], Iterator[Proposal]], budget: Deadline, pipe: Connection) -> NoReturn:
    """Be the child: look, say what was found, and leave."""
    try:
        faulthandler.disable()  # a child that is ended is no news
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        sender = _Sender(pipe)
        signal.signal(signal.SIGALRM, sender.mark)
        signal.setitimer(signal.ITIMER_REAL, _SECONDS_BETWEEN_MARKS, _SECONDS_BETWEEN_MARKS)
        error: Exception | None = None
        try:
            for proposal in proposals():
                sender.send(_Message(counted_work(), proposal))
        except Exception as raised:  # noqa: BLE001 - the parent raises it
            error = _portable(raised)
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        sender.send(_Message(counted_work(), is_last=True, was_cut=budget.was_cut, error=error))
    finally:
        os._exit(0)


def _portable(error: Exception) -> Exception:
    """Return an error that says the same and can be sent."""
    kind = next((kind for kind in (FitError, MemoryError) if isinstance(error, kind)), RuntimeError)
    portable = kind(str(error) if kind is not RuntimeError else f"{type(error).__name__}: {error}")
    portable.add_note("".join(traceback.format_exception(error)))
    return portable
