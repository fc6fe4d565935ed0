"""`ClusterExecutor`: does planned runs on the workers of a cluster; an `Executor` as the local one is."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from srbench_lite.environments.assignment import source_of
from srbench_lite.errors import UsageError
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.record import Record
from srbench_lite.running.cluster.files_text import unpack_files
from srbench_lite.running.cluster.greeting import AskedMethod, Greeting, Question
from srbench_lite.running.cluster.installation import Installation, MethodCode
from srbench_lite.running.cluster.link import Answer, ChunkEnded, ClusterError, ClusterLink, WorkerAnswered, WorkersSeen
from srbench_lite.running.cluster.order import Order, Reply, RunDone
from srbench_lite.running.cluster.placement import SECONDS_OF_A_CHUNK, Chunk, LostRun, Placement
from srbench_lite.running.environment import describe_environment
from srbench_lite.running.execution import environment_of_scoring, execute
from srbench_lite.running.executor import Began
from srbench_lite.running.interrupts import deaf_to_interrupts
from srbench_lite.running.plan import PlannedRun
from srbench_lite.running.supervisor import Supervisor
from srbench_lite.running.wire import WireError

__all__ = ["ClusterExecutor"]

_SECONDS_BETWEEN_LOOKS: Final = 0.5  # for the first worker, and at the time
_SECONDS_BEFORE_SAYING: Final = 2.0  # that no worker is there
_MAX_DIFFERENCES_SAID: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hearers:
    """Whom the executor tells of runs; as the arguments of `Executor.do`."""

    began: Began
    save: Callable[[Record], None]
    on_result: Callable[[Record], None]
    artifacts: Artifacts


class ClusterExecutor:
    """Does planned runs on the workers of a cluster.

    Args:
        connect: makes the connection to the cluster, when there is a run to do.
        plugins: the plugin files with which methods were found; workers must have them at the same paths.
        say: says a line that a user should know, such as that a worker was lost.
    """

    def __init__(
        self, connect: Callable[[], ClusterLink], *, plugins: Sequence[Path] = (), say: Callable[[str], None]
    ) -> None:
        self._connect = connect
        self._connected: ClusterLink | None = None
        self._plugins = tuple(str(path.absolute()) for path in plugins)
        self._say = say
        self._here = Installation.here({})
        self._question = Question(session="", methods=(), plugins=(), threads=1, memory_mb=1.0)
        self._threads = 1  # of the runs that are done now
        self._greetings: dict[str, Greeting] = {}  # of workers that are fit
        self._since: dict[str, float] = {}  # when each of them was taken
        self._asked: set[str] = set()  # workers whose answer has not come
        self._unfit: dict[str, str] = {}  # workers that are there and not used, and why
        self._chunks: dict[int, Chunk] = {}
        self._unsaved: deque[RunDone] = deque()

    @property
    def _link(self) -> ClusterLink:
        if self._connected is None:
            self._connected = self._connect()
        return self._connected

    def close(self) -> None:
        """Let go of the cluster, and end it where it was started for this; a second Ctrl-C does not cut that short."""
        with deaf_to_interrupts():
            if self._connected is not None:
                self._connected.close()

    @property
    def slots(self) -> int:
        """How many runs are done at once, as far as is known now."""
        return sum(map(self._slots_of, self._greetings.values()))

    def _slots_of(self, greeting: Greeting) -> int:
        return greeting.slots(threads=self._threads, memory_mb=self._question.memory_mb)

    # --- before anything runs -----------------------------------------------------------------------------------------

    def prepare(self, planned: Iterable[PlannedRun]) -> None:
        """Ask every worker whether it has what the runs need; wait for the first one where there is none.

        Raises:
            UsageError: there is no such cluster, a worker differs from this machine, or no run fits on any of them.
            ClusterError: the scheduler is lost.
        """
        by_method: dict[str, PlannedRun] = {}
        memory_mb, threads = 0.0, 1
        before: tuple[object, ...] = ()
        for one in planned:
            if (one.method, one.where, one.budget) == before:
                continue
            before = (one.method, one.where, one.budget)
            memory_mb, threads = max(memory_mb, one.budget.memory_mb), max(threads, one.budget.threads)
            if one.where.lacks is None:
                by_method.setdefault(one.method.name, one)
        self._question = Question(
            session=uuid.uuid4().hex, methods=tuple(map(AskedMethod.of, by_method.values())), plugins=self._plugins,
            threads=threads, memory_mb=memory_mb,
        )  # fmt: skip
        self._threads = threads
        self._here = Installation.here(
            {
                name: MethodCode(version=one.method.version, source=source_of(one.method, one.where))
                for name, one in by_method.items()
            }
        )
        self._greetings, self._unfit, self._asked = {}, {}, set()
        for worker, answer in self._first_answers().items():
            try:
                self._take(worker, answer)
            except _DifferentError as error:
                raise UsageError(f"{error}; install the same there, and start the workers again") from None
            except _NoRoomError as error:
                self._unfit[worker] = str(error)
        if not self._greetings:
            raise UsageError("; ".join(dict.fromkeys(self._unfit.values())))
        for why in self._unfit.values():
            self._say(f"warning: {why}; it is not used")

    def _first_answers(self) -> Mapping[str, Answer]:
        """Wait until there is a worker, and return what all of them answer."""
        begun, said = time.monotonic(), False
        while True:
            workers = self._link.workers()
            answers = self._link.ask(self._question.to_json(), workers) if workers else {}
            if answers:
                return answers
            if not said and time.monotonic() - begun >= _SECONDS_BEFORE_SAYING:
                self._say(f"waiting for a worker of {self._link.address} (Ctrl-C stops)")
                said = True
            time.sleep(_SECONDS_BETWEEN_LOOKS)

    def _take(self, worker: str, answer: Answer) -> Greeting:
        """Take a worker that has answered.

        Raises:
            _DifferentError: it cannot do what is to be done in the same way.
            _NoRoomError: no run fits there.
        """
        if answer.failed:
            raise _DifferentError(f"the worker {worker} cannot do runs: {answer.failed}")
        try:
            greeting = Greeting.from_json(answer.text)
        except WireError as error:
            raise _DifferentError(f"the worker {worker} gave a malformed answer: {error}") from None
        named = f"the worker {worker} ({greeting.host})"
        differences = self._here.differences(greeting.installation)
        if differences:
            more = len(differences) - _MAX_DIFFERENCES_SAID
            said = "; ".join(differences[:_MAX_DIFFERENCES_SAID]) + (f"; and {more} more" if more > 0 else "")
            raise _DifferentError(f"{named} differs from this machine: {said}")
        too_small = greeting.why_none_fits(threads=self._question.threads, memory_mb=self._question.memory_mb)
        if too_small:
            raise _NoRoomError(f"no run fits on {named}: {too_small}")
        self._greetings[worker] = greeting
        self._since[worker] = time.monotonic()
        return greeting

    # --- the runs -----------------------------------------------------------------------------------------------------

    def do(
        self, planned: Sequence[PlannedRun], *, began: Began, save: Callable[[Record], None],
        on_result: Callable[[Record], None], on_stopped: Callable[[PlannedRun, str], None], artifacts: Artifacts,
        end: float,
    ) -> bool:  # fmt: skip
        """Do the runs; as `Executor.do`, after `prepare`. What runs had reported that an interrupt stops is not known.

        Raises:
            ClusterError: the scheduler was lost, or no worker can do runs. What came back is saved.
        """
        hearers = _Hearers(began=began, save=save, on_result=on_result, artifacts=artifacts)
        placement = Placement(self._for_workers(planned, hearers))
        interrupted = False
        try:
            self._threads = planned[0].budget.threads
            for worker, greeting in self._greetings.items():
                placement.join(worker, self._slots_of(greeting))
            while not placement.is_over and time.monotonic() < end:
                self._deal_out(placement, hearers)
                self._hear_next(placement, hearers, min(_SECONDS_BETWEEN_LOOKS, max(0.0, end - time.monotonic())))
        except KeyboardInterrupt:
            interrupted = True
        finally:
            with deaf_to_interrupts():  # a second Ctrl-C must not cost what is finished
                self._stop(placement, hearers)
        return interrupted

    def _for_workers(self, planned: Iterable[PlannedRun], hearers: _Hearers) -> Iterator[PlannedRun]:
        """Yield the runs that workers do; those that are skipped for want of something are done here at once."""
        for one in planned:
            if one.where.lacks is None:
                yield one
            else:
                with Supervisor() as unused:
                    self._keep(RunDone(record=execute(one, unused, environment=_environment()), files={}), hearers)

    def _deal_out(self, placement: Placement, hearers: _Hearers) -> None:
        while (chunk := placement.next_chunk()) is not None:
            self._chunks[chunk.number] = chunk
            order = Order.of(chunk.runs, session=self._question.session, seconds=SECONDS_OF_A_CHUNK)
            self._link.send(chunk.number, chunk.worker, order.to_json())
            hearers.began(next(iter(chunk.runs.values())))  # the others follow within seconds

    def _hear_next(self, placement: Placement, hearers: _Hearers, seconds: float) -> None:
        match self._link.next_event(seconds):
            case WorkersSeen() as seen:
                self._see(seen, placement, hearers)
            case WorkerAnswered(worker=worker, answer=answer):
                self._hear_answer(worker, answer, placement)
            case ChunkEnded(number=number) as ended if number in self._chunks:
                self._hear_end(self._chunks.pop(number), ended, placement, hearers)

    def _see(self, seen: WorkersSeen, placement: Placement, hearers: _Hearers) -> None:
        """Let go of workers that are gone, and ask those that are new."""
        workers = seen.workers
        for worker in [worker for worker in placement.workers if worker not in workers]:
            if self._since[worker] < seen.asked_at:  # else it has come since
                self._lose(worker, placement, hearers)
        for worker in [worker for worker in self._unfit if worker not in workers]:
            del self._unfit[worker]
        for worker in workers:
            if worker not in placement.workers and worker not in self._unfit and worker not in self._asked:
                self._asked.add(worker)
                self._link.ask_later(self._question.to_json(), worker)

    def _lose(self, worker: str, placement: Placement, hearers: _Hearers) -> None:
        """Let go of a worker that is lost, and see to what was out there."""
        out = [number for number, chunk in self._chunks.items() if chunk.worker == worker]
        count = sum(len(self._chunks.pop(number).runs) for number in out)
        self._link.cancel(out)
        greeting = self._greetings[worker]
        given_up = placement.lose(worker)
        runs = "1 run that it had is" if count == 1 else f"{count} runs that it had are"
        again = f"; {runs} done elsewhere" if count else ""
        self._say(f"warning: the worker {worker} ({greeting.host}) was lost{again}")
        self._give_up(given_up, hearers)
        del self._greetings[worker]
        if not placement.workers:
            self._say("no worker is left; waiting for another one (Ctrl-C stops)")

    def _give_up(self, given_up: Iterable[LostRun], hearers: _Hearers) -> None:
        """Record runs that have lost every worker that tried them."""
        for lost in given_up:
            tried = ", ".join(lost.workers)
            reason = f"the worker died while this ran, {len(lost.workers)} times: {tried}"
            last = self._greetings[lost.workers[-1]]
            with Supervisor() as unused:
                record = execute(lost.run, unused, environment=last.environment, lost=reason)
            self._keep(RunDone(record=record, files={}), hearers)

    def _hear_answer(self, worker: str, answer: Answer | None, placement: Placement) -> None:
        self._asked.discard(worker)
        if answer is None:
            return
        try:
            placement.join(worker, self._slots_of(self._take(worker, answer)))
        except (_DifferentError, _NoRoomError) as error:
            self._unfit[worker] = str(error)
            self._say(f"warning: {error}; it is not used")

    def _hear_end(self, chunk: Chunk, ended: ChunkEnded, placement: Placement, hearers: _Hearers) -> None:
        """Keep what has come back of a chunk, and see to what has not."""
        if ended.failed:
            raise ClusterError(f"the worker {chunk.worker} failed: {ended.failed}")
        if ended.reply is None:
            self._give_up(placement.lose_chunk(chunk.number), hearers)
            return
        try:
            reply = Reply.from_json(ended.reply)
            for one in reply.done:
                _check(one, chunk)
        except WireError as error:
            placement.finish(chunk.number, {})
            self._retire(chunk.worker, f"it sent a malformed record: {error}", placement)
            return
        if reply.stranger:  # it was started again under the same address
            self._chunks[chunk.number] = chunk
            self._lose(chunk.worker, placement, hearers)
            return
        self._unsaved.extend(reply.done)
        placement.finish(chunk.number, {one.record.key: one.record.cell_seconds for one in reply.done})
        self._save(hearers)
        if reply.unfit:
            self._retire(chunk.worker, reply.unfit, placement)

    def _retire(self, worker: str, why: str, placement: Placement) -> None:
        """Give a worker no more runs; what it has is done elsewhere."""
        self._unfit[worker] = why
        out = [number for number, chunk in self._chunks.items() if chunk.worker == worker]
        self._link.cancel(out)
        for number in out:
            del self._chunks[number]
        placement.retire(worker)
        self._say(f"warning: the worker {worker} ({self._greetings.pop(worker).host}) is not used any more: {why}")
        if not placement.workers and not self._asked:
            raise ClusterError(f"no worker can do runs; the last one said: {why}")

    def _keep(self, done: RunDone, hearers: _Hearers) -> None:
        self._unsaved.append(done)
        self._save(hearers)

    def _save(self, hearers: _Hearers, *, tell: bool = True) -> None:
        """Save what has come back, and tell of it."""
        while self._unsaved:
            done = self._unsaved[0]
            self._save_one(done, hearers)
            self._unsaved.popleft()
            if tell:
                hearers.on_result(done.record)

    def _save_one(self, done: RunDone, hearers: _Hearers) -> None:
        record = done.record
        if done.files:
            try:
                unpack_files(done.files, hearers.artifacts.begin(record.key))
                hearers.artifacts.sift(record.key)
            except OSError as error:
                self._say(f"warning: files of a run of {record.method} on {record.task} are lost: {error.strerror}")
        hearers.save(record)

    def _stop(self, placement: Placement, hearers: _Hearers) -> None:
        """Take back what is out, and save what has come back."""
        self._save(hearers, tell=False)
        try:
            while (event := self._link.next_event(0.0)) is not None:
                if isinstance(event, ChunkEnded) and event.number in self._chunks and event.reply is not None:
                    chunk = self._chunks.pop(event.number)
                    done = Reply.from_json(event.reply).done
                    for one in done:
                        _check(one, chunk)
                    self._unsaved.extend(done)
            self._save(hearers, tell=False)
            self._link.cancel(list(self._chunks))
            self._link.end_session(self._question.session)
        except (ClusterError, WireError):
            self._save(hearers, tell=False)
        self._chunks.clear()


class _DifferentError(Exception):
    """A worker does not have what runs need."""


class _NoRoomError(Exception):
    """A worker is too small for a run."""


@cache
def _environment() -> dict[str, Any]:
    """Return what records say of this machine."""
    return environment_of_scoring(describe_environment(jobs=1))


def _check(done: RunDone, chunk: Chunk) -> None:
    """Refuse a record that is none of a chunk's runs; raises `WireError`."""
    record = done.record
    run = chunk.runs.get(record.key)
    if run is None:
        raise WireError(f"a record has the key {record.key}, which was not ordered")
    said = (record.suite, record.task, record.method_source)
    if said not in ((run.task.suite, run.task.name, source) for source in (run.method_source, None)):
        raise WireError(
            f"the record {record.key} is of {record.task} and {record.method_source}, which was not ordered"
        )
