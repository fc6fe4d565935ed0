"""`srbench leaderboard`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    at_option,
    check_selection,
    identifiable_option,
    loaded_registry,
    method_option,
    not_shown,
    out_option,
    plugin_option,
    store_option,
    suite_option,
    tag_option,
)
from srbench_lite.cli.selection import chosen_records, condition_options, source_option, under_conditions
from srbench_lite.errors import SrbenchError, UnknownNameError, UsageError
from srbench_lite.files import write_text

if TYPE_CHECKING:
    from srbench_lite.comparing.leaderboard import Leaderboard
    from srbench_lite.comparing.overall import OverallTables
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.recording.store import Store


@click.command(
    "leaderboard", cls=Command,
    examples=(
        "srbench leaderboard --suite sin",
        "srbench leaderboard --suite sin --at 5",
        "srbench leaderboard --format latex --out table.tex",
        "srbench leaderboard --overall",
        "srbench leaderboard --from results/records.json.gz --format markdown",
    ),
)  # fmt: skip
@suite_option
@method_option
@tag_option
@condition_options
@identifiable_option
@click.option(
    "--format", "-f", "form", default="terminal", show_default=True, metavar="NAME",
    help="Format: terminal, markdown, csv, latex, json, or one of a plugin.",
)  # fmt: skip
@source_option
@at_option
@click.option(
    "--overall", is_flag=True,
    help="Who is best over all suites: methods x suites, ranks with intervals, and who beats whom.",
)  # fmt: skip
@click.option("--common", is_flag=True, help="With --overall: rank all methods on the tasks that all ran on.")
@click.option(
    "--metric", metavar="NAME",
    help="With --overall: recovery or accuracy, on all tasks; else accuracy where a truth is unknown.",
)  # fmt: skip
@out_option
@click.option("--check", is_flag=True, help="Write nothing, and exit with 1 if --out would change.")
@store_option
@plugin_option
def leaderboard_command(
    suites: tuple[str, ...], methods: tuple[str, ...], tags: tuple[str, ...], noises: tuple[float, ...],
    perturbations: tuple[str, ...], identifiable: bool, form: str, source: Path | None, at: float | None,
    overall: bool, common: bool, metric: str | None, out: Path | None, check: bool, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Print the leaderboard of a store: one line for each method and suite."""
    if check and out is None:
        raise UsageError("--check compares with a file; name it with --out")
    if not overall and (common or metric is not None):
        raise UsageError(f"{'--common' if common else '--metric'} is an option of --overall; give both")
    if tags and source is not None:
        raise UsageError("--tag chooses runs of a store, and --from is a file; leave one of them out")
    registry = loaded_registry(plugin_files)
    if form not in registry.reporters:
        raise UnknownNameError("format", form, registry.reporters)
    reporter = registry.reporters[form]
    render = reporter.render_overall if overall else reporter.render
    if render is None:
        able = [name for name, other in registry.reporters.items() if other.render_overall is not None]
        raise UsageError(f"the format {form} has no tables of --overall; those that have: {', '.join(able)}")
    hidden = not_shown(registry) if identifiable else None

    def choose(table: RunTable) -> RunTable:
        return under_conditions(table if hidden is None else table.identifiable(hidden), noises, perturbations)

    board: Leaderboard | OverallTables
    if overall:
        board = _overall(source, store_path, suites, methods, tags, metric=metric, common=common, choose=choose, at=at)
        empty = not board.tables
    else:
        board = _leaderboard(source, store_path, suites, methods, tags, choose=choose, at=at)
        empty = not board.rows
    try:
        text = render(board)
    except Exception as error:  # noqa: BLE001 - whatever a plugin's format raises, the error names the format
        raise SrbenchError(f"the format {form} failed: {type(error).__name__}: {error}") from None
    if not isinstance(text, str):
        raise SrbenchError(f"the format {form} must return a text, got {type(text).__name__}")
    if out is None:
        click.echo(text, nl=False)
    elif check:
        if not out.is_file() or out.read_bytes() != text.encode():
            click.echo(f"{out} is not current; write it again without --check", err=True)
            return 1
        click.echo(f"{out} is current")
    else:
        write_text(out, text)
    return 5 if empty else 0


def _leaderboard(
    source: Path | None,
    store_path: Path,
    suites: tuple[str, ...],
    methods: tuple[str, ...],
    tags: tuple[str, ...],
    **options: Any,
) -> Leaderboard:
    from srbench_lite.comparing.leaderboard import Leaderboard
    from srbench_lite.recording.store import Store

    if source is not None:
        return Leaderboard.from_file(chosen_records(source, suites, methods), **options)
    with Store(store_path, read_only=True) as store:
        check_selection(store, suites, methods)
        return Leaderboard.from_store(store, suites=suites, methods=methods, keys=_tagged(store, tags), **options)


def _tagged(store: Store, tags: tuple[str, ...]) -> list[str] | None:
    return store.tags.keys(tags) if tags else None


def _overall(
    source: Path | None,
    store_path: Path,
    suites: tuple[str, ...],
    methods: tuple[str, ...],
    tags: tuple[str, ...],
    **options: Any,
) -> OverallTables:
    from srbench_lite.comparing.overall import OverallTables
    from srbench_lite.recording.store import Store

    if source is not None:
        return OverallTables.from_file(chosen_records(source, suites, methods), **options)
    with Store(store_path, read_only=True) as store:
        check_selection(store, suites, methods)
        return OverallTables.from_store(store, suites=suites, methods=methods, keys=_tagged(store, tags), **options)
