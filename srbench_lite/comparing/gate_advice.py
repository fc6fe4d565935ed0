"""What to do where runs cannot be compared with a baseline: sentences, and commands to copy.

A line that begins with `srbench` is a command.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from srbench_lite.comparing.runs import counted, perturbation_of, plain_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COMMAND", "NEW_BASELINE", "on_absent_method", "on_crashes", "on_refused", "run_commands", "run_index"]

#: How a line begins that is a command.
COMMAND: Final = "srbench "
NEW_BASELINE: Final = "Where the change is meant, make the baseline anew on the main branch, and commit it."
_MAX_TASKS_NAMED: Final = 6  # in a command; beyond, it names the suite
_LIMITS: Final = {"budget_seconds": "time limit", "budget_memory_mb": "memory limit", "budget_threads": "threads"}
_DEFAULT_MEMORY: Final = 4096.0  # of `srbench run`


def on_refused(before: pd.DataFrame, after: pd.DataFrame) -> tuple[str, ...]:
    """Return what helps where the runs of a method cannot be compared with the baseline's.

    Args:
        before: runs of the baseline.
        after: those to check.
    """
    lines: list[str] = []
    limits = [title for name, title in _LIMITS.items() if set(before[name]) != set(after[name])]
    if limits:
        lines.append(f"Make them again with the {' and the '.join(limits)} of the baseline:")
        lines += run_commands(before)
        return (*lines, NEW_BASELINE)
    if _defined_otherwise(before, after):
        return (NEW_BASELINE,)
    missing, further = ~run_index(before).isin(run_index(after)), ~run_index(after).isin(run_index(before))
    if missing.any():
        absent = before[missing]
        lines.append(f"Make {_the(absent)} missing, which also repeats no run that is there:")
        lines += run_commands(absent, whole=before)
        lines.append("Or add --common, which compares the runs that both have, and says how many are left out.")
    elif further.any():
        lines.append("Add --ignore-extra to leave out runs that the baseline does not have.")
    if further.any():
        lines.append(NEW_BASELINE)
    return tuple(lines)


def on_absent_method(method: str, before: pd.DataFrame, strangers: Collection[str]) -> tuple[str, ...]:
    """Return what helps where a method of the baseline has no run.

    Args:
        method: its name.
        before: its runs in the baseline.
        strangers: methods that have runs, and that the baseline does not have.
    """
    lines = ["Make them with:", *run_commands(before)]
    for other in sorted(strangers):
        lines.append(f"If {method} is called {other} now, add --renamed {method}={other}.")
    return (*lines, f"Where there is no such method any more: {NEW_BASELINE[0].lower()}{NEW_BASELINE[1:]}")


def on_crashes(method: str, after: pd.DataFrame, crashed: pd.DataFrame) -> tuple[str, ...]:
    """Return what helps where more runs crashed than in the baseline.

    Args:
        method: its name.
        after: its runs.
        crashed: those of them that crashed, or gave no valid formula.
    """
    task = str(crashed["task"].iloc[0])
    repeat = " ".join(f"--retry {status}" for status in sorted(set(crashed["status"])))
    return (
        "See why:",
        f"srbench show {shlex.quote(task)} --method {shlex.quote(method)} --long",
        "Do them once more, and check again; --failures N lets as many pass as come and go:",
        *(f"{command} {repeat}" for command in run_commands(crashed, whole=after)),
    )


def run_commands(runs: pd.DataFrame, whole: pd.DataFrame | None = None) -> list[str]:
    """Return the commands that make these runs of a method: one for each perturbation, noise levels and seeds.

    Args:
        runs: of one method.
        whole: all runs of the method; a command names the tasks where the suite has others too. None: these are all.
    """
    whole = runs if whole is None else whole
    parts: dict[tuple[str, str, int, int, str], list[tuple[str, list[str]]]] = {}
    for (suite, perturbation), own in runs.groupby(["suite", "perturbation"], sort=True, observed=True):
        noises = ",".join(str(plain_number(noise)) for noise in sorted(own["noise"].unique().tolist()))
        first, last = int(own["seed"].min()), int(own["seed"].max())
        tasks = sorted({str(task) for task in own["task"]})
        every = whole.loc[whole["suite"] == suite, "task"].nunique()
        named = tasks if len(tasks) < every and len(tasks) <= _MAX_TASKS_NAMED else []
        kind = perturbation_of(str(perturbation)).options, noises, first, last, _limits(own)
        parts.setdefault(kind, []).append((str(suite), named))
    method = shlex.quote(str(runs["variant_of"].iloc[0]))
    return [
        f"srbench run --method {method} {' '.join(_chosen(suites))} --noise {noises} --seeds {1 + last - first}"
        f"{f' --first-seed {first}' if first else ''} {options}{limits}"
        for (options, noises, first, last, limits), every_suite in parts.items()
        for suites in _alike(every_suite)
    ]


def _alike(suites: list[tuple[str, list[str]]]) -> Iterator[list[tuple[str, list[str]]]]:
    """Yield those that one command can name: whole suites together, and each suite of which tasks are named."""
    if whole := [(suite, tasks) for suite, tasks in suites if not tasks]:
        yield whole
    yield from ([(suite, tasks)] for suite, tasks in suites if tasks)


def _chosen(suites: list[tuple[str, list[str]]]) -> Iterator[str]:
    for suite, tasks in suites:
        yield f"--suite {shlex.quote(suite)}"
        yield from (f"--task {shlex.quote(task)}" for task in tasks)


def _limits(runs: pd.DataFrame) -> str:
    seconds, memory, threads = (runs[name].iloc[0] for name in _LIMITS)
    further = f" --memory-limit {memory:g}" if memory != _DEFAULT_MEMORY else ""
    return f"--time-limit {seconds:g}{further}{f' --threads {threads:g}' if threads != 1 else ''}"


def _the(absent: pd.DataFrame) -> str:
    """Return "the run that is" or "the 3 runs that are"."""
    return "the run that is" if len(absent) == 1 else f"the {counted(len(absent), 'run')} that are"


def _defined_otherwise(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    """Return whether a task has another definition on the two sides."""
    kinds = [side[["task", "task_fingerprint"]].astype(str).drop_duplicates() for side in (before, after)]
    both = kinds[0].merge(kinds[1], on="task")
    return bool((both["task_fingerprint_x"] != both["task_fingerprint_y"]).any())


def run_index(runs: pd.DataFrame) -> pd.MultiIndex:
    """Return what tells runs of a method apart."""
    import pandas as pd

    texts = (runs[name].astype(object) for name in ("task", "perturbation"))
    return pd.MultiIndex.from_arrays([*texts, runs["noise"], runs["seed"]])
