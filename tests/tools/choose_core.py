"""Choose the tasks of the suite `core` from the committed results, and say how well they rank methods.

`python tests/tools/choose_core.py [--size 40] [--records results/suites.json.gz]` writes the names of the tasks to
`tasks.csv` in `tasks/srbench_core_tasks`, and the table between the marks of the `README.md` there; `--check` says
whether they are current. Counted are runs without noise and perturbation, of methods that ran on every task. Of tasks
of one formula the first is taken; tasks that points cannot show, those of the suite `core` itself, and suites that ask
for one thing are left out.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from pathlib import Path
from typing import Final, NamedTuple

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
from core_selection import Agreement, agreement, chosen_tasks
from markdown_table import table
from numpy.typing import NDArray
from places import ROOT

from srbench_lite.comparing.formula_class import formula_classes
from srbench_lite.methods.discovery import discover
from srbench_lite.problems.task import Task
from srbench_lite.recording.exchange import read_records

FOLDER: Final = ROOT / "tasks" / "srbench_core_tasks"
CORE: Final = "core"
#: Suites in which methods are to show one thing: which inputs matter, or what undoes a function.
ASK_FOR_ONE_THING: Final = ("dummies", "inverse")
SEED: Final = 1


class Results(NamedTuple):
    """Shares of recovered runs: methods, tasks (one a formula), and the scores, shape (methods, tasks)."""

    methods: list[str]
    tasks: list[Task]
    scores: NDArray[np.float64]


def results(path: Path) -> Results:
    """Return the results of the methods that ran on every task that can be chosen."""
    tasks = distinct([task for name, task in discover().tasks.items() if not name.startswith(f"{CORE}/")])
    place = {task.fingerprint: number for number, task in enumerate(tasks)}
    shares: dict[str, list[list[bool]]] = {}
    for record in read_records(path):
        number = place.get(record.task_fingerprint)
        if number is not None and record.noise == 0 and not record.perturbation:
            runs = shares.setdefault(record.method, [[] for _ in tasks])
            runs[number].append(bool(record.scores.recovered))
    whole = sorted(method for method, runs in shares.items() if all(runs))
    scores = np.array([[np.mean(runs) for runs in shares[method]] for method in whole])
    return Results(whole, tasks, scores)


def distinct(tasks: list[Task]) -> list[Task]:
    """Return the tasks that points can show, the first of each formula, without suites that ask for one thing."""
    shown = [
        task for task in tasks
        if task.truth is not None and not task.unidentifiable and task.suite not in ASK_FOR_ONE_THING
    ]  # fmt: skip
    classes = formula_classes(str(task.truth) for task in shown)
    return list({classes[str(task.truth)]: task for task in reversed(shown)}.values())[::-1]


def names_file(tasks: list[Task]) -> str:
    """Return the file of the chosen tasks: names, and numbers of variables, which a suite says before it is read."""
    stream = io.StringIO()
    rows = ([task.name, len(task.variables)] for task in tasks)
    csv.writer(stream, lineterminator="\n").writerows([["task", "variables"], *rows])
    return stream.getvalue()


def page(text: str, found: Results, chosen: NDArray[np.intp], measured: Agreement) -> str:
    """Return the page with the table put between its marks."""
    rows = [
        (f"`{method}`", *(f"{100 * rate:.0f} %" for rate in rates))
        for method, rates in sorted(zip(found.methods, measured.rates, strict=True), key=lambda row: -row[1][0])
    ]
    low, high = measured.interval
    said = (
        f"{len(chosen)} of {len(found.tasks)} tasks, one a formula, chosen by {len(found.methods)} methods. Kendall's "
        f"tau between the ranking on them and that on all: {measured.tau:.2f}, 95 % of resamples of both from "
        f"{low:.2f} to {high:.2f}; where a method's runs are kept from the choice, at least {measured.tau_later:.2f}."
    )
    headers = ("method", "recovery on all", f"on `{CORE}`", "on a choice made without it")
    made = f"{said}\n\n{table(headers, rows)}"
    pattern = re.compile(r"(<!-- table: agreement -->\n).*?(<!-- end -->)", flags=re.S)
    if len(pattern.findall(text)) != 1:
        raise ValueError("the page must have the marks of the table 'agreement' once")
    return pattern.sub(lambda match: f"{match[1]}{made}\n{match[2]}", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=40, help="number of tasks (default: 40)")
    parser.add_argument("--records", type=Path, default=ROOT / "results" / "suites.json.gz")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is stale")
    options = parser.parse_args()
    found = results(options.records)
    suites = [task.suite for task in found.tasks]
    chosen = chosen_tasks(found.scores, suites, size=options.size, seed=SEED)
    measured = agreement(found.scores, suites, chosen, seed=SEED)
    readme, names = FOLDER / "README.md", FOLDER / "tasks.csv"
    made = {
        names: names_file([found.tasks[place] for place in chosen]),
        readme: page(readme.read_text(encoding="utf-8"), found, chosen, measured),
    }
    stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if options.check:
            print(f"{path} is stale: python tests/tools/choose_core.py", file=sys.stderr)
        else:
            path.write_text(made[path], encoding="utf-8")
    return int(options.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
