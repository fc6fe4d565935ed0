"""Inputs tried out in child processes with limits, so that one that hangs or grows names itself."""

from __future__ import annotations

import gc
import json
import mmap
import os
import random
import resource
import select
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from srbench_lite.errors import SrbenchError

__all__ = ["MAX_LINE", "Finding", "Limits", "Summary", "Target", "drawn", "fuzz", "tried"]

#: Characters of a line of an error, and lines of one: a file may have thirty faults.
MAX_LINE: Final = 2_000
_MAX_LINES: Final = 40
_INPUTS_PER_CHILD: Final = 20_000
_PLACE: Final = struct.Struct("<q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that reads what strangers write.

    Attributes:
        name: of the target.
        ending: of the name of a file that holds an input.
        draw: makes an input, of a generator of random numbers only.
        read: reads an input; a folder is given that is its own. It raises `SrbenchError` for one that is refused.
        names_file: whether every error must name the file that is read, `input` with the ending.
    """

    name: str
    ending: str
    draw: Callable[[random.Random], bytes]
    read: Callable[[bytes, Path], object]
    names_file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one input may take: seconds of CPU, and MB that memory may grow. At ten times the seconds the child ends."""

    seconds: float = 1.0
    memory_mb: float = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An input that ended otherwise than it may: its number, what is wrong, and where."""

    number: int
    fault: str
    place: str


@dataclass(slots=True, kw_only=True)
class Summary:
    """What became of the inputs of a target; `memory_mb` is what a child grew at most."""

    inputs: int = 0
    accepted: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_number: int = -1
    memory_mb: float = 0.0
    findings: list[Finding] = field(default_factory=list)


def drawn(target: Target, seed: int, number: int) -> bytes:
    """Return an input by its number."""
    return target.draw(random.Random(f"{seed} {target.name} {number}"))


def tried(target: Target, content: bytes, folder: Path) -> tuple[bool, str, str]:
    """Return whether an input was accepted, what was wrong (empty where nothing was), and where."""
    try:
        target.read(content, folder)
    except SrbenchError as error:
        fault = _fault_of_text(target, str(error))
        return False, fault, f"{fault[:40]} {_place_of(error)}"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return False, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}", _place_of(error)
    return True, "", ""


def _fault_of_text(target: Target, text: str) -> str:
    lines = text.splitlines()
    if not text.strip():
        return "an error without a text"
    if len(lines) > _MAX_LINES or max(map(len, lines)) > MAX_LINE:
        return f"an error of {len(text):,} characters"
    if target.names_file and f"input{target.ending}" not in text:
        return f"an error that does not name the file: {text[:200]}"
    return ""


def _place_of(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "srbench" in frame.filename and "/tests/" not in frame.filename]
    last = (own or frames)[-1] if frames else None
    return f"{type(error).__name__} {Path(last.filename).name}:{last.lineno} {last.name}" if last else ""


def fuzz(
    target: Target, *, inputs: int, seed: int, limits: Limits, first: int = 0, on_finding: Callable[[Finding], None],
    max_places: int = 20,
) -> Summary:  # fmt: skip
    """Try inputs, one after the other; one that is wrong does not end it.

    Args:
        target: what reads them.
        inputs: how many.
        seed: what they are drawn from, with their number.
        limits: of one input.
        first: number of the first one.
        on_finding: hears of the first input of each fault.
        max_places: so many different faults end it.
    """
    summary = Summary()
    seen: set[str] = set()
    number, end = first, first + inputs
    for other in range(first, first + 20):  # what is made once is made here, and not in every child
        drawn(target, seed, other)
    gc.collect()
    gc.freeze()
    while number < end and len(seen) < max_places:
        for message in _child(target, seed, number, min(end, number + _INPUTS_PER_CHILD), limits):
            if "fault" in message:
                finding = Finding(**message)
                summary.findings.append(finding)
                if finding.place not in seen:
                    seen.add(finding.place)
                    on_finding(finding)
                continue
            summary.inputs += message["inputs"]
            summary.accepted += message["accepted"]
            summary.seconds += message["seconds"]
            summary.memory_mb = max(summary.memory_mb, message["memory_mb"])
            if message["slowest"] > summary.slowest:
                summary.slowest, summary.slowest_number = message["slowest"], message["slowest_number"]
            number = message["next"]
    return summary


def _child(target: Target, seed: int, first: int, end: int, limits: Limits) -> Iterator[dict[str, Any]]:
    """Try inputs in a child; yield its findings, and at the end what it did and with which number to go on."""
    started = time.monotonic()
    place = mmap.mmap(-1, _PLACE.size)
    _PLACE.pack_into(place, 0, first)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            with (
                TemporaryDirectory(dir=os.environ.get("SRBENCH_FUZZ_FOLDER")) as folder,
                os.fdopen(writing, "w") as out,
            ):
                _work(target, seed, first, end, limits, place, Path(folder), out)
            code = 0
        except BaseException:  # noqa: BLE001 - a child never comes back into the parent's code
            traceback.print_exc()
        os._exit(code)
    os.close(writing)
    ended = False
    with os.fdopen(reading) as lines:
        while True:
            before = _PLACE.unpack_from(place)[0]
            ready, _, _ = select.select([lines], [], [], 60 * limits.seconds)
            if not ready and _PLACE.unpack_from(place)[0] == before:
                os.kill(child, signal.SIGKILL)  # it waits for something that does not come
            if ready:
                line = lines.readline()
                if not line:
                    break
                message = json.loads(line)
                ended = ended or "next" in message
                yield message
    _, status = os.waitpid(child, 0)
    if not ended:
        number = int(_PLACE.unpack_from(place)[0])
        how = (
            signal.Signals(os.WTERMSIG(status)).name
            if os.WIFSIGNALED(status)
            else f"exit {os.waitstatus_to_exitcode(status)}"
        )
        why = "it hangs" if how in ("SIGXCPU", "SIGKILL") else "the process died"
        yield {"number": number, "fault": f"{why}: {how}", "place": how}
        yield {
            "inputs": number - first + 1, "accepted": 0, "seconds": time.monotonic() - started, "slowest": 0.0,
            "slowest_number": -1, "memory_mb": 0.0, "next": number + 1,
        }  # fmt: skip


def _work(
    target: Target, seed: int, first: int, end: int, limits: Limits, place: mmap.mmap, folder: Path, out: Any
) -> None:
    """Be the child: try inputs until one has taken too much memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    base = pages * resource.getpagesize() / 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    started = time.monotonic()
    accepted, slowest, slowest_number, grown, number = 0, 0.0, -1, 0.0, first
    while number < end:
        content = drawn(target, seed, number)
        _PLACE.pack_into(place, 0, number)
        before = time.process_time()
        resource.setrlimit(resource.RLIMIT_CPU, (int(before + 10 * limits.seconds) + 1, hard))
        good, fault, where = tried(target, content, folder)
        seconds = time.process_time() - before
        accepted += good
        if seconds > slowest:
            slowest, slowest_number = seconds, number
        if seconds > limits.seconds and not fault:
            fault, where = f"it takes {seconds:.1f} s", "slow"
        grown = max(grown, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10 - base)
        if grown > limits.memory_mb and not fault:
            fault, where = f"memory grows by {grown:.0f} MB", "memory"
        if fault:
            print(json.dumps({"number": number, "fault": fault, "place": where}), file=out, flush=True)
        number += 1
        if grown > limits.memory_mb:
            break
    summary = {
        "inputs": number - first, "accepted": accepted, "seconds": time.monotonic() - started, "slowest": slowest,
        "slowest_number": slowest_number, "memory_mb": grown, "next": number,
    }  # fmt: skip
    print(json.dumps(summary), file=out, flush=True)
    sys.stderr.flush()
