"""`srbench fit`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.data_file import (
    column_names,
    given_options,
    opened_table,
    option_hint,
    option_hints,
    table_option,
    with_units,
)
from srbench_lite.cli.options import (
    chosen_methods,
    limit_options,
    loaded_registry,
    plugin_option,
    settings_option,
    show_progress,
)
from srbench_lite.cli.pythons import chosen_environments, python_option
from srbench_lite.cli.streams import say
from srbench_lite.errors import FitError
from srbench_lite.methods.method import Budget
from srbench_lite.problems.column_names import quoted
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    from srbench_lite.problems.measured_points import MeasuredPoints
    from srbench_lite.problems.table_file import Table
    from srbench_lite.recording.store import Store
    from srbench_lite.regression.answer_text import AnswerPage
    from srbench_lite.regression.data_fit import DataFit
    from srbench_lite.regression.saved_run import SavedRun

#: What `fit --out` writes into its folder.
_STORE_NAME: Final = "runs.db"


@click.command(
    "fit", cls=Command,
    lists={
        "Exit codes": {
            "3": "A method found nothing. What others found is printed.",
            "130": "The command was interrupted. What was found until then is printed.",
        },
    },
    examples=(
        "srbench fit data.csv --target y",
        "srbench fit data.csv --target T --features l,m -m lies -m lasso --out answer",
        "srbench fit data.csv --weights sigma --time-limit 20 --table missing=-999",
    ),
)  # fmt: skip
@click.argument("file", metavar="FILE")
@click.option("--target", metavar="COLUMN", show_default="y or target", help="Column that the formula is to give.")
@click.option(
    "--features", multiple=True, metavar="A,B,...", show_default="every other column of numbers",
    help="Columns that the formula may use.",
)  # fmt: skip
@click.option(
    "--method", "-m", "methods", multiple=True, default=("lies",), show_default=True, metavar="NAME",
    help="Method to run. May be repeated: then there is one answer with the finder's name.",
)  # fmt: skip
@click.option(
    "--test-size", type=float, metavar="SHARE", show_default="0.25; 0 where there are fewer than 20 rows",
    help="Share of the rows that are held out, to measure the error on, or from 1 their number.",
)  # fmt: skip
@click.option(
    "--max-rows", type=click.IntRange(min=1), default=5000, show_default=True, metavar="N",
    help="Methods are given so many rows at most, drawn at random; errors are measured on all others.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0, max=2**63 - 1), default=0, show_default=True, metavar="K",
    help="Decides which rows are held out, and seeds the methods.",
)  # fmt: skip
@click.option(
    "--weights", metavar="COLUMN",
    help="Column that says how much each row counts: the standard deviation of its target.",
)  # fmt: skip
@click.option(
    "--weights-are", type=click.Choice(["sigma", "weight"]), default="sigma", show_default=True,
    help="What the column of --weights holds: standard deviations, or the weights themselves.",
)  # fmt: skip
@click.option(
    "--unit", "units", multiple=True, metavar="COLUMN=UNIT", show_default="those in the headers: v [m/s]",
    help="Unit of a column, such as v=m/s; methods may use it. May be repeated.",
)  # fmt: skip
@limit_options
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Number of methods that run at a time.",
)  # fmt: skip
@settings_option
@python_option
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Folder for all of it: answer, front, formula, plots, records. `srbench predict DIR` applies it.",
)  # fmt: skip
@click.option(
    "--store", "store_path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    show_default="one in the folder of --out", help="Store of the records, a SQLite file.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("--quiet", "-q", is_flag=True, help="Print no progress.")
@table_option
@plugin_option
def fit_command(
    file: str, target: str | None, features: tuple[str, ...], methods: tuple[str, ...], test_size: float | None,
    max_rows: int, seed: int, weights: str | None, weights_are: Any, units: tuple[str, ...], time_limit: float,
    memory_limit: float, jobs: int, settings: tuple[str, ...], pythons: tuple[str, ...], out: Path | None,
    store_path: Path | None, as_json: bool, quiet: bool, table_settings: tuple[str, ...],
    plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Find a formula for a column of a data file.

    FILE is a table of numbers with a column for the target and one for each variable; - is standard input. What was
    found and assumed of it is said on standard error. The answer is the Pareto front of all methods, the formula to
    take, and the errors of its constants.

    Runs that the store already has are not done again.
    """
    from srbench_lite.regression.data_fit import divide, fit_task, own_task

    registry = loaded_registry(plugin_files)
    chosen = chosen_methods(registry, methods, settings)
    environments = chosen_environments(chosen, pythons)
    table = given_options(table_settings)
    points = _points(file, target, features, weights, weights_are, units, table)
    division = divide(len(points.samples), test_size=test_size, most=max_rows)
    notes = (*points.notes, *_weights_note(weights, weights_are), division.note)
    _say("standard input" if file == "-" else file, points, notes)
    task = own_task(
        points.samples, division, name=Path(file).stem if file != "-" else "stdin", headers=points.headers,
        note="; ".join(notes),
    )  # fmt: skip
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # now, and not after a minute of fitting
    if not quiet:
        show_progress(registry)
    with _opened_store(out, store_path) as store:
        fit = fit_task(
            task, chosen, registry=registry, store=store, seed=seed, jobs=jobs, plugins=plugin_files,
            budget=Budget(seconds=time_limit, memory_mb=memory_limit), environments=environments,
        )  # fmt: skip
    return _print_answer(fit, points, notes, table, as_json=as_json, out=out)


def _points(
    file: str, target: str | None, features: Sequence[str], weights: str | None, weights_are: Any, units: Sequence[str],
    given: Mapping[str, Any],
) -> MeasuredPoints:  # fmt: skip
    """Read the file and take the points out of it."""
    from srbench_lite.problems.measured_points import WeightColumn, measured_points

    table = opened_table(file, given)
    with option_hints():
        points = measured_points(
            table, target=target, variables=_features(table, features),
            weights=None if weights is None else WeightColumn(column=weights, kind=weights_are),
        )  # fmt: skip
    return with_units(points, table, units)


def _features(table: Table, texts: Sequence[str]) -> list[str]:
    """Return the columns of --features; a text that is the name of a column is that one, commas and all."""
    whole = [text for text in texts if text in table.headers.values()]
    return [*whole, *column_names(text for text in texts if text not in whole)]


def _weights_note(column: str | None, kind: str) -> tuple[str, ...]:
    if column is None:
        return ()
    if kind == "weight":
        return (f"rows count by the weights in {quoted(column)}",)
    return (f"rows count by 1/sigma**2 of the standard deviations in {quoted(column)} (--weights-are weight)",)


def _say(file: str, points: MeasuredPoints, notes: Sequence[str]) -> None:
    """Say in a line each what was found and assumed, and what is done with the rows."""
    shown = {name: points.headers.get(name) or name for name in (*points.samples.variables, points.target)}
    variables = [quoted(shown[name])[1:-1] for name in points.samples.variables]
    listed = ", ".join(variables[:8]) + (f", ... ({len(variables)} in all)" if len(variables) > 8 else "")
    rows = f"{len(points.samples):,} row{'s' * (len(points.samples) != 1)}"
    say(f"{file}: {rows}, {quoted(shown[points.target])[1:-1]} from {listed}", err=True)
    for note in notes:
        say(f"note: {note}", err=True)
    if any(map(option_hint, notes)):
        say("note: what stands in brackets can be given as --table 'KEY = VALUE'", err=True)


@contextlib.contextmanager
def _opened_store(out: Path | None, path: Path | None) -> Iterator[Store]:
    """Open the store that was named, or that in the folder of the answer, or one that is thrown away."""
    from srbench_lite.recording.store import Store

    with contextlib.ExitStack() as stack:
        if path is None and out is None:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / _STORE_NAME
        with Store(path or Path(out or "") / _STORE_NAME) as store:
            yield store


def _print_answer(
    fit: DataFit, points: MeasuredPoints, notes: Sequence[str], table: Mapping[str, Any], *, as_json: bool,
    out: Path | None,
) -> int:  # fmt: skip
    """Print what was found and write it into the folder; return the exit code."""
    from srbench_lite.regression.answer import answer
    from srbench_lite.regression.answer_text import AnswerPage, answer_json
    from srbench_lite.regression.labels import Labels
    from srbench_lite.regression.saved_run import SavedRun

    for complaint in fit.summary.complaints:
        say(f"warning: {complaint}", err=True)
    for name, reason in fit.reasons.items():
        say(f"{name}: {reason}", err=True)
    interrupted = fit.summary.interrupted
    code = 130 if interrupted else 3 if set(fit.methods) - set(fit.answers) else 0
    if all(fit.reasons.get(name, "").startswith(f"{Status.SKIPPED.value}: ") for name in fit.methods):
        click.echo("no method could be run", err=True)
        return code
    try:
        best = answer(fit.found, fit.train, fit.held_out)
    except FitError as error:
        say("interrupted: no formula was found until then" if interrupted else str(error), err=True)
        return code or 3
    page = AnswerPage.of(
        best, fit.train, fit.held_out, notes=tuple(notes),
        labels=Labels(target=points.target, headers=fit.task.headers, units=points.units),
    )  # fmt: skip
    saved = SavedRun.of(fit, best.recommended.expression, target=points.target, table=table)
    if as_json:
        click.echo(json.dumps({**answer_json(page), "run": saved.document()}, indent=1, ensure_ascii=False))
    else:
        _print_page(page)
    if out is not None:
        _write_folder(out, page, saved, fit)
    if interrupted:
        say("interrupted: what was found until then is above; runs that had ended are kept", err=True)
    return code


def _print_page(page: AnswerPage) -> None:
    """Print the front, the formula to take, and what to paste elsewhere."""
    from srbench_lite.regression.answer_text import front_table, recommended_text

    width = shutil.get_terminal_size().columns
    click.echo(front_table(page, width=width, colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR")))
    click.echo(recommended_text(page, width=width))
    expression = page.answer.recommended.expression
    click.echo(f"LaTeX:\n  {page.labels.latex_equation(expression)}\n\nPython:")
    click.echo(textwrap.indent(expression.to_python("predict", arguments=expression.variables).rstrip(), "  "))


def _write_folder(folder: Path, page: AnswerPage, saved: SavedRun, fit: DataFit) -> None:
    """Write all of it into a folder, and say what is there."""
    from srbench_lite.regression.answer_figures import draw_answer
    from srbench_lite.regression.answer_text import write_answer

    files = [*write_answer(page, folder), saved.write(folder), *draw_answer(page, fit.train, fit.held_out, folder)]
    say(f"written to {folder}: {', '.join(file.name for file in files)}", err=True)
