"""Kinds of faults: each does one to a `srbench run` at a random moment, and says what it did and what went wrong."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import psutil
from fault_drill import Contents, Ended, Ground

__all__ = ["KINDS", "Reference", "SkippedKindError", "drill"]

#: A process without these may do what its user may do, also where the user is root.
_WITHOUT_RIGHTS: Final = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
_MEBIBYTES_OF_DISK: Final = 24
_SHARE_AT_START: Final = 0.15  # of the moments: before anything is known to be done
_SHARE_AT_END: Final = 0.1  # of the moments: after the last run is done


class SkippedKindError(Exception):
    """This kind of fault cannot be done here. The text says why."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An undisturbed run of the same plan: its exit code, and what it stored."""

    code: int
    contents: Contents


@dataclass
class Fault:
    """What a kind of fault has to work with, and what it says.

    Attributes:
        ground: where the run is.
        chance: draws moments.
        reference: the undisturbed run.
        wrong: what went wrong so far.
        note: what was done, for whoever reads the line of the round.
        costs_fits: the most fits that may have been recorded as crashed because the fault killed or starved them.
    """

    ground: Ground
    chance: random.Random
    reference: Reference
    wrong: list[str] = field(default_factory=list)
    note: str = ""
    costs_fits: int = 0

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until a random moment between the start of a run and its end, or until it has ended.

        Moments are counted in runs that are done, so that a busy machine changes little; some are in the first seconds,
        and some after the last run.
        """
        total = len(self.reference.contents)
        draw = self.chance.random()
        if draw < _SHARE_AT_START:
            self.note += " at the start"
        else:
            wanted = self.chance.randrange(total) if draw < 1 - _SHARE_AT_END else total
            self.note += f" after {wanted} runs"
            began = False
            while process.poll() is None:
                done = self.ground.done()
                if (done or 0) >= wanted or (began and done is None):
                    break
                began = began or done is not None
                time.sleep(0.01)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=self.chance.uniform(0.0, 1.5))

    def check_end(self, ended: Ended, *codes: int, line: str = "") -> None:
        """Note what is wrong with the end of a run: another code, a traceback, or no such line."""
        self.note += f", code {ended.code}"
        if ended.code not in codes:
            self.wrong.append(f"exit code {ended.code} and not {' or '.join(map(str, codes))}: {ended.said}")
        if "Traceback" in ended.err or "Exception ignored" in ended.err:
            self.wrong.append(f"a traceback: {ended.said}")
        if ended.code in (1, 2, 130) and line not in ended.err:
            self.wrong.append(f"no line with {line!r}: {ended.said}")


def _kill(fault: Fault, role: str) -> None:
    """Kill -9 one process of this role."""
    process = fault.ground.run()
    fault.wait(process)
    while process.poll() is None:  # until there is one
        victims = fault.ground.of_role(process.pid, role)
        with contextlib.suppress(psutil.Error, IndexError):
            victim = fault.chance.choice(victims)
            victim.kill()
            break
        time.sleep(0.005)
    else:
        fault.note += ", too late"
    ended = fault.ground.end(process)
    if role == "coordinator":
        fault.check_end(ended, -signal.SIGKILL, fault.reference.code)
    else:
        fault.costs_fits = 1
        fault.check_end(ended, fault.reference.code)


def _kill_everything(fault: Fault) -> None:
    """Kill -9 all processes at once, as a machine does that is switched off."""
    process = fault.ground.run()
    fault.wait(process)
    fault.ground.kill_all()
    fault.check_end(fault.ground.end(process), -signal.SIGKILL, fault.reference.code)


def _kill_again_and_again(fault: Fault) -> None:
    """Kill -9 the coordinator of the same command several times."""
    for _ in range(3):
        process = fault.ground.run()
        fault.wait(process)
        process.kill()
        fault.check_end(fault.ground.end(process), -signal.SIGKILL, fault.reference.code)


def _interrupt(fault: Fault, number: signal.Signals, times: int = 1) -> None:
    """Send the coordinator a signal, or several quickly after each other."""
    process = fault.ground.run()
    fault.wait(process)
    for _ in range(times):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        time.sleep(fault.chance.uniform(0.0, 0.3) if times > 1 else 0.0)
    ended = fault.ground.end(process)
    if ended.code == -number and not ended.out and "srbench_lite" not in ended.err:
        fault.note += ", before Python had loaded it"
    else:
        fault.check_end(ended, 130, fault.reference.code, line="interrupted")
    if ended.code == 130 and (stray := fault.ground.stray()):
        fault.wrong.append(f"left by the interrupt: {', '.join(stray)}")


def _stop(fault: Fault, role: str) -> None:
    """Stop the coordinator, or all processes, for some seconds, as a machine does that sleeps."""
    process = fault.ground.run()
    fault.wait(process)
    stopped = fault.ground.processes() if role == "all" else fault.ground.of_role(process.pid, role)
    for number, pause in ((signal.SIGSTOP, 3.0), (signal.SIGCONT, 0.0)):
        for one in stopped:
            with contextlib.suppress(psutil.Error):
                one.send_signal(number)
        time.sleep(pause)
    fault.check_end(fault.ground.end(process), fault.reference.code)


def _fill_disk(fault: Fault) -> None:
    """Fill the disk of the store at a random moment, and make room again when the run has ended."""
    process = fault.ground.run()
    fault.wait(process)
    ballast = fault.ground.store.with_name("ballast")
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    ended = fault.ground.end(process)
    fault.check_end(ended, 1, 2, fault.reference.code, line="full")
    ballast.unlink(missing_ok=True)
    fault.costs_fits = 2


def _fill_temporary(fault: Fault) -> None:
    """Fill the disk of temporary files at a random moment."""
    process = fault.ground.run()
    fault.wait(process)
    ballast = fault.ground.temporary / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    ended = fault.ground.end(process)
    fault.check_end(ended, 1, fault.reference.code, line="Error")
    ballast.unlink(missing_ok=True)
    fault.costs_fits = 6


def _forbid_writing(fault: Fault) -> None:
    """Make the folder of the store read-only at a random moment."""
    process = fault.ground.run()
    fault.wait(process)
    folder = fault.ground.store.parent
    folder.chmod(0o555)
    ended = fault.ground.end(process)
    fault.check_end(ended, 1, 2, fault.reference.code, line="Error")
    folder.chmod(0o755)
    fault.costs_fits = len(fault.reference.contents)  # that had no folder for their files


def _turn_clock_back(fault: Fault) -> None:
    """Let the wall clock of all processes jump back by a day."""
    process = fault.ground.run(SRBENCH_DRILL_CLOCK=str(fault.ground.clock))
    fault.wait(process)
    fault.ground.clock.touch()
    fault.check_end(fault.ground.end(process), fault.reference.code)


def _run_twice(fault: Fault) -> None:
    """Start the same command on the same store again while it is at work."""
    first = fault.ground.run()
    fault.wait(first)
    second = fault.ground.run()
    codes = sorted(fault.ground.end(process).code for process in (first, second))
    fault.note += f", codes {codes}"
    if codes not in ([2, fault.reference.code], [fault.reference.code] * 2):
        fault.wrong.append(f"two runs ended with {codes}")
    for process, _ in list(fault.ground.started):
        ended = fault.ground.end(process)
        if ended.code == 2 and "another run is writing the store" not in ended.err:
            fault.wrong.append(f"no clear line: {ended.said}")


def _read(fault: Fault) -> None:
    """Read the store in every way while the run is at work."""
    process = fault.ground.run()
    fault.wait(process)
    store = ("--store", str(fault.ground.store))
    commands = (
        ("leaderboard", *store), ("status", *store), ("export", *store, "--out", "records.json"),
        ("report", *store, "--out", "page.html"), ("show", "toy/line", *store), ("status", "--json", *store),
    )  # fmt: skip
    for arguments in fault.chance.sample(commands, 4):
        ended = fault.ground.end(fault.ground.start(*arguments))
        early = ended.code in (2, 5) and any(text in ended.err for text in _NOTHING_YET)
        if (ended.code != 0 and not early) or "Traceback" in ended.err:
            fault.wrong.append(f"{' '.join(arguments[:2])}: code {ended.code}: {ended.said}")
    fault.check_end(fault.ground.end(process), fault.reference.code)


#: What commands say of a store in which nothing stands yet, or to which nobody writes.
_NOTHING_YET: Final = ("there is no store", "is empty", "no records", "no run is writing", "no stored", "unknown task")
#: What a kind of fault needs besides: a disk of its own for the store or for temporary files, or ordinary rights.
_STORE_DISK, _TEMPORARY_DISK, _RIGHTS = "store disk", "temporary disk", "rights"

KINDS: Final[dict[str, tuple[Callable[[Fault], None], str]]] = {
    "kill -9 coordinator": (partial(_kill, role="coordinator"), ""),
    "kill -9 keeper": (partial(_kill, role="keeper"), ""),
    "kill -9 zygote": (partial(_kill, role="zygote"), ""),
    "kill -9 fit": (partial(_kill, role="fit"), ""),
    "kill -9 child of a fit": (partial(_kill, role="child"), ""),
    "kill -9 everything": (_kill_everything, ""),
    "kill -9 three times": (_kill_again_and_again, ""),
    "SIGINT": (partial(_interrupt, number=signal.SIGINT), ""),
    "SIGTERM": (partial(_interrupt, number=signal.SIGTERM), ""),
    "SIGHUP": (partial(_interrupt, number=signal.SIGHUP), ""),
    "SIGINT twice": (partial(_interrupt, number=signal.SIGINT, times=2), ""),
    "SIGINT six times": (partial(_interrupt, number=signal.SIGINT, times=6), ""),
    "stop coordinator": (partial(_stop, role="coordinator"), ""),
    "stop everything": (partial(_stop, role="all"), ""),
    "disk full": (_fill_disk, _STORE_DISK),
    "TMPDIR full": (_fill_temporary, _TEMPORARY_DISK),
    "folder read-only": (_forbid_writing, _RIGHTS),
    "clock back": (_turn_clock_back, ""),
    "two runs": (_run_twice, ""),
    "readers": (_read, ""),
}


def drill(kind: str, folder: Path, chance: random.Random, reference: Reference) -> tuple[list[str], str]:
    """Do one round in an empty folder; return what went wrong, and what was done.

    Raises:
        SkippedKindError: this kind cannot be done here.
    """
    act, needs = KINDS[kind]
    with _ground(folder, needs) as ground:
        fault = Fault(ground, chance, reference)
        try:
            act(fault)
            if left := ground.left():
                fault.wrong.append(f"processes left: {'; '.join(left)}")
            _check_resumed(fault)
        finally:
            ground.kill_all()
        return fault.wrong, fault.note.strip(" ,")


@contextlib.contextmanager
def _ground(folder: Path, needs: str) -> Iterator[Ground]:
    """Give a ground with what a kind needs."""
    if needs == _RIGHTS and os.geteuid() == 0 and shutil.which("setpriv") is None:
        raise SkippedKindError("root may write everywhere, and there is no setpriv")
    prefix = _WITHOUT_RIGHTS if needs == _RIGHTS and os.geteuid() == 0 else ()
    ground = Ground(folder, prefix=prefix)
    disk = {_STORE_DISK: ground.store.parent, _TEMPORARY_DISK: ground.temporary}.get(needs)
    if disk is None:
        yield ground
        return
    size = f"size={_MEBIBYTES_OF_DISK}m"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        raise SkippedKindError(f"no tmpfs can be mounted: {mounted.stderr.strip()}")
    try:
        yield ground
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def _check_resumed(fault: Fault) -> None:
    """Do the same command again: it finishes, the store is that of an undisturbed run, and nothing else is left."""
    ground, reference = fault.ground, fault.reference
    ended = ground.end(ground.run())
    if ended.code != reference.code or "Traceback" in ended.err:
        fault.wrong.append(f"the same command ended with {ended.code}: {ended.said}")
    contents = ground.contents()
    if fault.costs_fits:
        contents = _healed(fault, contents)
    fault.wrong += _differences(contents, reference.contents)
    if left := ground.left():
        fault.wrong.append(f"processes left by the same command: {'; '.join(left)}")
    if stray := ground.stray():
        fault.wrong.append(f"files left by the same command: {', '.join(stray)}")


def _healed(fault: Fault, contents: Contents) -> Contents:
    """Have runs that the fault has hit done again, and return what the store then holds; each record must say it."""
    wanted = fault.reference.contents
    hit = {key: one for key, one in contents.items() if key in wanted and one != wanted[key]}
    if not hit:
        return contents
    fault.note += f", {len(hit)} runs hit"
    told = {key for key, one in hit.items() if _says_so(one, wanted[key])}
    if len(hit) > fault.costs_fits or told != hit.keys():
        fault.wrong.append(f"{len(hit)} runs were hit, at most {fault.costs_fits} may be, and {len(told)} say so")
        fault.wrong += _differences({key: hit[key] for key in hit.keys() - told}, {key: wanted[key] for key in hit})
    again = ("--retry", "crashed") if all(one["status"] == "crashed" for one in hit.values()) else ("--fresh",)
    fault.ground.end(fault.ground.run(*again))
    return fault.ground.contents()


def _says_so(record: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether a record says what it lost: in its reason or complaint, or by scores that are empty."""
    if (record["reason"], record["complaint"]) != (wanted["reason"], wanted["complaint"]):
        return True
    return all(value is None for name, value in record.items() if value != wanted[name])


def _differences(found: Contents, wanted: Contents) -> Iterator[str]:
    """Say how a store differs from that of an undisturbed run."""
    if lost := wanted.keys() - found.keys():
        yield f"{len(lost)} runs are lost"
    if others := found.keys() - wanted.keys():
        yield f"{len(others)} runs are none of the plan"
    for key in found.keys() & wanted.keys():
        if columns := [name for name, value in found[key].items() if value != wanted[key][name]]:
            method, task, seed = (found[key][name] for name in ("method", "task", "seed"))
            values = f"{str(found[key][columns[0]])[:200]!r} and not {str(wanted[key][columns[0]])[:200]!r}"
            yield f"{method} on {task}, seed {seed}, differs in {', '.join(columns)}: {values}"
