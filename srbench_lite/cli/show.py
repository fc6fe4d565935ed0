"""`srbench show TASK`, and `srbench show --method NAME`."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    format_table,
    loaded_registry,
    method_option,
    one_task,
    plugin_option,
    recorded_names,
    selected_suites,
    shortened,
    store_option,
    suite_file_option,
)
from srbench_lite.cli.streams import say
from srbench_lite.errors import UsageError
from srbench_lite.problems.column_names import with_headers

if TYPE_CHECKING:
    from srbench_lite.problems.perturbation import Perturbation
    from srbench_lite.problems.task import Task
    from srbench_lite.problems.trajectories import Trajectories

_COLUMNS: Final = (
    "method", "noise", "seed", "status", "verdict", "r2_test", "complexity", "seconds", "expression", "reason",
    "complaint", "verdict_by", "aligned", "extras", "stopped", "cpu_seconds", "judged_here", "replay_gap",
    "undefined_train", "perturbation", "progress", "candidates", "right_candidates", "truth",
)  # fmt: skip


#: Formats of a picture, by the ending of its name.
_PICTURES: Final = (".png", ".svg", ".pdf")


def _picture(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix not in _PICTURES:
        raise click.BadParameter(f"a picture's name must end in {', '.join(_PICTURES)}, got {str(path)!r}")
    return path


@click.command(
    "show",
    cls=Command,
    examples=(
        "srbench show sin/phase",
        "srbench show sin/phase --plot phase.png",
        "srbench show nguyen/nguyen-7 --method lies --long",
        "srbench show --method gplearn",
    ),
)
@click.argument("task", metavar="TASK", required=False)
@method_option
@suite_file_option
@click.option(
    "--long",
    is_flag=True,
    help="Print whole formulas, and of each run the step of the judge that decided, the aligned formula, the reason, "
    "the complaint, and the facts that the method gave.",
)
@click.option(
    "--plot", "picture", type=click.Path(path_type=Path, dir_okay=False), default=None, callback=_picture,
    metavar="FILE.png", help="Draw the task's training and test points, of seed 0, and its truth; .png, .svg or .pdf.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Of a method: print a list with an object of JSON each.")
@store_option
@plugin_option
def show_command(
    task: str | None, methods: tuple[str, ...], suites: tuple[str, ...], long: bool, picture: Path | None,
    as_json: bool, store_path: Path, plugin_files: tuple[Path, ...],
) -> None:  # fmt: skip
    """Print a task, its truth, and the formula that each method found.

    Without TASK, print what is known of the methods: whose they are, where they run, and what can be set.
    """
    if task is None:
        _show_methods(methods, plugin_files, as_json=as_json)
        return
    if as_json:
        raise UsageError("--json prints methods, as in `srbench show --method lies --json`; leave out TASK")
    _show_task(task, methods, suites, long, picture, store_path, plugin_files)


def _show_methods(names: Sequence[str], plugin_files: Sequence[Path], *, as_json: bool) -> None:
    from srbench_lite.reports.method_card import MethodCard

    if not names:
        raise UsageError("name a task, as in `srbench show sin/phase`, or a method, as in `srbench show --method lies`")
    registry = loaded_registry(plugin_files)
    cards = [MethodCard.of(registry.method(name), registry) for name in dict.fromkeys(names)]
    if as_json:
        click.echo(json.dumps([card.to_json() for card in cards], indent=2, ensure_ascii=False))
        return
    width = shutil.get_terminal_size().columns
    say("\n\n".join(card.to_text(width) for card in cards))


def _show_task(
    task: str, methods: tuple[str, ...], suites: tuple[str, ...], long: bool, picture: Path | None, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> None:  # fmt: skip
    from srbench_lite.comparing.runs import VARIANT, current_rows
    from srbench_lite.problems.random_suite import rebuilt_suites
    from srbench_lite.recording.store import Store

    registry = loaded_registry(plugin_files)
    tasks = {t.name: t for suite in selected_suites(registry, suites, tasks=(task,)).values() for t in suite.tasks}
    rows: list[tuple[Any, ...]] = []
    defined_otherwise = scored_otherwise = 0
    if store_path.exists():
        with Store(store_path, read_only=True) as store:
            recorded_tasks, recorded_methods = store.distinct("task", "method")
            name = one_task(task, {*tasks, *recorded_tasks})
            recorded_names("method", methods, recorded_methods)
            tasks |= {t.name: t for s in rebuilt_suites([name.partition("/")[0]]).values() for t in s.tasks}
            fingerprint = tasks[name].fingerprint if name in tasks else None
            rows, defined_otherwise, scored_otherwise = current_rows(
                store, (*_COLUMNS, *VARIANT), name, fingerprint, methods
            )
            rows = _with_variants(rows)
    else:
        name = one_task(task, tasks)
    say(name)
    if picture is not None:
        _draw(tasks.get(name), name, picture)
    if name in tasks:
        _print_task(tasks[name])
    elif rows:
        say(f"  truth      {_recorded_truth(rows)} (from the records; no installed suite has this task)")
    _print_left_out(defined_otherwise, scored_otherwise)
    if not rows:
        given = (("--suite", suites), ("--plugin", plugin_files))
        more = "".join(f" {option} {shlex.quote(str(value))}" for option, values in given for value in values)
        say(f"\nno method has been run on this task; try: srbench run --method lasso --task {name}{more}")
        return
    _print_runs(rows, long)
    if long:
        _print_facts(rows, tasks[name].headers if name in tasks else {})


def _with_variants(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows with what tells variants of one method apart in its name, and without the columns that say it."""
    from srbench_lite.comparing.runs import VARIANT, variant_names

    columns = (*_COLUMNS, *VARIANT)
    names = variant_names([dict(zip(columns, row, strict=True)) for row in rows])
    named = [(name, *row[1 : len(_COLUMNS)]) for name, row in zip(names, rows, strict=True)]
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return sorted(named, key=lambda row: (places[row[0]], row[1], _perturbation(row).place))


def _perturbation(row: Sequence[Any]) -> Perturbation:
    from srbench_lite.comparing.runs import perturbation_of

    return perturbation_of(row[_COLUMNS.index("perturbation")])


def _recorded_truth(rows: Sequence[tuple[Any, ...]]) -> str:
    """Return the truth that the least perturbed run was judged by."""
    return min(rows, key=lambda row: _perturbation(row).place)[-1] or "unknown"


def _print_task(task: Task) -> None:
    for label, text in _lines(task):
        _print_labelled(f"  {label:<10} ", text)


def _print_labelled(label: str, text: str) -> None:
    from srbench_lite.reports.fitted_table import wrapped_text

    for line in wrapped_text(text, first=label, further=" " * len(label)):
        say(line)


def _lines(task: Task) -> Iterator[tuple[str, str]]:
    """Yield what is known of a task: a label and a text each."""
    yield "truth", str(task.truth) if task.truth is not None else "unknown (measured data)"
    for variable, sampling in task.variables.items():
        unit = f"  {task.units[variable]}" if variable in task.units else ""
        header = f"  {task.headers[variable]!r} in the file" if variable in task.headers else ""
        yield variable, f"{sampling.describe()}{unit}{header}"
    if task.target_unit:
        yield "unit", f"{task.target_unit}, of the target"
    if task.test_variables is not None:
        yield "tested on", ", ".join(f"{name} {s.describe()}" for name, s in task.test_variables.items())
    if task.trajectories is not None:
        yield from _trajectory_lines(task.trajectories)
    if task.note:
        yield "data", task.note
    yield "points", f"{task.n_train} to train, {task.n_test} to test"
    facts = {"tags": ", ".join(task.tags), "erratum": task.erratum, "hidden": task.unidentifiable}
    yield from ((label, text) for label, text in facts.items() if text)
    yield "source", task.source or "not given"
    if task.licence:
        yield "licence", task.licence


def _trajectory_lines(trajectories: Trajectories) -> Iterator[tuple[str, str]]:
    for name, rate in trajectories.rates.items():
        yield f"d{name}/dt", str(rate)
    starts = ", ".join(f"({', '.join(f'{value:g}' for value in start)})" for start in trajectories.starts)
    yield "starts", f"{starts}; {trajectories.train} of them, by the seed, train"
    yield "time", f"0 to {trajectories.duration:g} in {trajectories.steps} points"


def _draw(task: Task | None, name: str, picture: Path) -> None:
    """Draw the points of a task."""
    if task is None:
        raise UsageError(f"the points of {name} cannot be drawn: no installed suite has it; give its file with --suite")
    from srbench_lite.reports.task_points import draw_points

    draw_points(task, task.dataset(seed=0), f"{name}, seed 0", picture)
    say(f"{picture} written", err=True)


def _print_left_out(defined_otherwise: int, scored_otherwise: int) -> None:
    """Say how many runs are not shown, because the task or the scoring has changed."""
    from srbench_lite.comparing.runs import counted

    if defined_otherwise:
        are = "is" if defined_otherwise == 1 else "are"
        say(f"\n{counted(defined_otherwise, 'run')} on another definition of this task {are} not shown")
    if scored_otherwise:
        are, them = ("is", "it") if scored_otherwise == 1 else ("are", "them")
        runs = f"{counted(scored_otherwise, 'run')} scored by an older version"
        say(f"\n{runs} {are} not shown; `srbench rescore` judges {them} again")


def _print_runs(rows: Sequence[tuple[Any, ...]], long: bool) -> None:
    from srbench_lite.comparing.leaderboard import is_low

    perturbed = any(map(_perturbation, rows))
    truths = perturbed and any(row[-1] for row in rows)
    headers = (
        "method", "noise", *["perturbation"] * perturbed, "seed", "status", "verdict", "R² test", "size", "seconds",
        "stopped", "core", "formula", *["truth of the run"] * truths,
    )  # fmt: skip
    table = []
    for values in rows:
        row = dict(zip(_COLUMNS, values, strict=True))
        formula = row["expression"] or row["reason"] or ""
        share = min(1.0, row["cpu_seconds"] / row["seconds"]) if row["seconds"] > 0 else None
        claimed = " (claim)" if row["verdict"] and not row["judged_here"] else ""
        table.append((
            row["method"], f"{row['noise']:g}", *[_perturbation(values)] * perturbed, row["seed"], row["status"],
            f"{row['verdict'] or '–'}{claimed}",
            "–" if row["r2_test"] is None else f"{row['r2_test']:.6f}", row["complexity"] or "–",
            f"{row['seconds']:.2f}", row["stopped"] or "–",
            "–" if share is None else f"{100 * share:.0f} %{'!' if is_low(share) else ''}",
            *(text if long else shortened(text) for text in (formula, *[row["truth"]] * truths)),
        ))  # fmt: skip
    click.echo()
    say(format_table(table, headers, keys=3 + perturbed))
    for line in _remarks(rows):
        say(line)


def _run_name(row: Sequence[Any]) -> str:
    method, noise, seed = row[:3]
    perturbation = _perturbation(row)
    return f"{method}, noise {noise:g}, seed {seed}{f', {perturbation}' if perturbation else ''}"


def _remarks(rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """Yield what is odd about runs: what gives other values than its method predicted, what the clock may have cost."""
    from srbench_lite.comparing.caveats import LOW_CORE, UNDEFINED, is_unlike
    from srbench_lite.comparing.leaderboard import is_low
    from srbench_lite.reports.facts import warned_lines

    described = [(_run_name(row), dict(zip(_COLUMNS, row, strict=True))) for row in rows]
    for run, row in described:
        if row["replay_gap"] is not None and is_unlike(row["replay_gap"]):
            yield (
                f"{run}: the formula is up to {row['replay_gap']:.2g} standard deviations of y from what the method "
                "itself predicted"
            )
        if row["undefined_train"]:
            yield f"{run}: the formula is {UNDEFINED}, {row['undefined_train']} of them"
    if any(row["seconds"] > 0 and is_low(row["cpu_seconds"] / row["seconds"]) for _, row in described):
        yield f"! {LOW_CORE}"
    yield from warned_lines((row["method"], json.loads(row["extras"])) for _, row in described)


def _over_time(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a run had at each of its marks, and how many of its candidates are the truth."""
    for mark in json.loads(row["progress"]):
        error = "–" if mark["nmse_test"] is None else f"{mark['nmse_test']:.2g}"
        formula = shortened(mark["expression"] or "no formula")
        yield f"at {mark['seconds']:g} s", f"{mark['verdict'] or '–'}, NMSE {error}: {formula}"
    if row["right_candidates"] is not None:
        yield "right candidates", f"{row['right_candidates']} of {len(json.loads(row['candidates']))}"


def _print_facts(rows: Sequence[tuple[Any, ...]], headers: Mapping[str, str]) -> None:
    """Print of each run which step of the judge decided, the aligned formula, the reason, and what the method gave.

    Where the task's data file has other names, the formula is printed with those too.
    """
    from srbench_lite.reports.facts import fact_lines

    for row in rows:
        formula, reason, complaint, by, aligned, extras = row[8:14]
        perturbation = _perturbation(row)
        say(f"\n{_run_name(row)}")
        facts = list(fact_lines(json.loads(extras)))
        width = max(map(len, ("right candidates", *dict(facts))))
        complaints = [("complaint", line) for line in (complaint or "").splitlines()]
        named = with_headers(formula, headers) if formula and headers and not perturbation.dummies else None
        labelled = [
            ("truth", row[-1] if perturbation else None),
            ("as in file", named),
            ("decided by", by),
            ("aligned", aligned),
            ("reason", reason),
            *complaints,
            *_over_time(dict(zip(_COLUMNS, row, strict=True))),
            *facts,
        ]
        for label, text in labelled:
            if text is not None and text != "":
                _print_labelled(f"  {label:<{width}}  ", text)
