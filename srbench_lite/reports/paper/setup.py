"""What was run and how: the sentences of the set-up, and the checklist of reproducibility, filled from the records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing.runs import counted
from srbench_lite.reports.latex import escape
from srbench_lite.reports.paper.numbers import Numbers
from srbench_lite.reports.paper.results import Results

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["checklist", "setup"]

_MAX_LISTED: Final = 8  # methods in a sentence


def setup(results: Results, numbers: Numbers) -> str:
    """Return the paragraph that says what was run, under which limits, and what did not end well."""
    names = names_in(results)
    said = " ".join(_sentences(results))
    return numbers.sentence("setup", said, names) + "\n"


def names_in(results: Results) -> set[str]:
    """Return the names that sentences may hold, whose digits are no results."""
    runs = results.run_table.runs
    return {*results.methods, *(str(suite) for suite in runs["suite"].unique()), "R2", "srbench-lite"}


def _sentences(results: Results) -> Iterator[str]:
    runs = results.run_table.runs
    suites, tasks = runs["suite"].nunique(), runs["task"].nunique()
    truths = runs.loc[runs["truth"].notna(), "task"].nunique()
    known = "all with a known truth" if truths == tasks else "none with a known truth" if not truths else (
        f"{truths} of them with a known truth"
    )  # fmt: skip
    methods = counted(len(results.methods), "method")
    where = f"{counted(tasks, 'task')} of {counted(suites, 'suite')}"
    yield f"There are {counted(len(runs), 'run')} of {methods} on {where}, {known}."
    yield f"Each run is one fit; {_listed(runs, 'seed', 'seed')}, {_listed(runs, 'noise', 'noise level')}."
    yield f"Noise is {', and '.join(sorted(set(map(str, runs['noise_definition'].dropna().unique()))))}."
    limits = ", ".join([
        _each(runs, "budget_seconds", "s of wall clock"), _each(runs, "budget_memory_mb", "MiB of memory"),
        _threads(runs),
    ])  # fmt: skip
    yield f"A fit may use {limits}, enforced from outside."
    ends = {method: end for method, end in results.ends(runs).items() if end.statuses}
    if ends:
        some = [f"{method} {end.said} of {end.runs}" for method, end in ends.items()]
        more = f"; and {counted(len(some) - _MAX_LISTED, 'further method')}" if len(some) > _MAX_LISTED else ""
        yield f"Runs that did not end with a formula in time: {'; '.join(some[:_MAX_LISTED])}{more}."
    else:
        yield "Every run ended with a formula in time."
    clocked = {method: end.by_clock for method, end in results.ends(runs).items() if end.by_clock}
    if clocked:
        listed = [f"{method} {count}" for method, count in clocked.items()]
        yield f"The clock ended the search of {', '.join(listed[:_MAX_LISTED])}; with more time they may find more."
    if results.all_claims:
        yield "All verdicts are as in the records, and were not judged again for this document."
    yield from results.run_table.remarks


def _listed(runs: pd.DataFrame, column: str, noun: str) -> str:
    values = sorted(set(runs[column].unique().tolist()))
    shown = ", ".join(f"{value:g}" for value in values[:_MAX_LISTED]) + (", ..." if len(values) > _MAX_LISTED else "")
    return f"{counted(len(values), noun)} ({shown})"


def _each(runs: pd.DataFrame, column: str, unit: str) -> str:
    values = sorted(set(runs[column].dropna().unique().tolist()))
    return f"{' or '.join(f'{value:g}' for value in values)} {unit}"


def _threads(runs: pd.DataFrame) -> str:
    values = sorted(set(runs["budget_threads"].dropna().astype(int).tolist()))
    return " or ".join(counted(value, "thread") for value in values)


def checklist(results: Results, about: Mapping[str, str], installed: Mapping[str, Any], numbers: Numbers) -> str:
    """Return the questions that checklists of reproducibility ask, with answers from the records.

    Args:
        results: the runs.
        about: where they come from, texts by name.
        installed: methods by name, those that are installed.
        numbers: to which those of the answers are added.
    """
    names = names_in(results)
    items = []
    for place, (question, answer) in enumerate(_answers(results, about, installed), start=1):
        text = numbers.sentence(f"checklist/{place}", answer, names)
        items.append(rf"\item \emph{{{escape(question)}}} {text}")
    return "\n".join([r"\begin{enumerate}\raggedright\small", *items, r"\end{enumerate}", ""])


def _answers(results: Results, about: Mapping[str, str], installed: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    runs = results.run_table.runs
    yield "Is the code that made the results named?", _or_unknown(about, "srbench-lite", "srbench-lite {}.")
    yield (
        "Are data and tasks available?",
        (
            f"Each of the {counted(runs['task'].nunique(), 'task')} is defined by a suite with name, version and "
            "fingerprint, and points are drawn from seeds; records keep all of them."
        ),
    )
    lacking = [method for method in results.methods if method not in installed]
    parameters = "All hyper-parameters of all methods are listed below."
    absent = f" Not installed where this was written: {', '.join(lacking)}." if lacking else ""
    yield "Are hyper-parameters stated?", parameters + absent
    variants = len(results.long_names)
    tuned = f"{counted(variants, 'variant')} by parameters stand here by short names. " if variants else ""
    yield "How were they chosen?", f"{tuned}Records do not say how they were chosen: state it here."
    unit = "seeds are averaged inside a task, the task is the unit of statistics"
    yield "How many runs are behind each number?", f"{_listed(runs, 'seed', 'seed')} a task; {unit}."
    yield (
        "Are errors stated?",
        (
            "Rates have 95 % Wilson intervals, medians and overall means bootstrap intervals; pairs are compared by "
            "signed ranks with Holm's adjustment."
        ),
    )
    yield "Is the hardware stated?", _or_unknown(about, "machines", "{}.")
    yield "Are the versions of software stated?", _or_unknown(about, "Python", "Python {}; packages stand below.")
    seconds = runs["seconds"].where(runs["status"] != "skipped").sum() / 3600
    jobs = _or_unknown(about, "jobs", "runs at a time: {}.")
    yield "What did it cost?", f"The fits took {seconds:.3g} hours of wall clock in all; {jobs}"
    yield "When was it run?", _or_unknown(about, "runs began", "{}.")


def _or_unknown(about: Mapping[str, str], name: str, text: str) -> str:
    return text.format(about[name]) if about.get(name) else "The records do not say it."
