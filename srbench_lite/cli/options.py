"""Options that several commands share, and what they mean."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from srbench_lite.cli.streams import say
from srbench_lite.errors import UnknownNameError, UsageError, suggest

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.methods.method import Method
    from srbench_lite.problems.suite import Suite
    from srbench_lite.recording.store import Store

__all__ = [
    "NOTHING_SELECTED",
    "at_option",
    "check_selection",
    "chosen_methods",
    "format_table",
    "full_name",
    "identifiable_option",
    "is_suite_file",
    "limit_options",
    "loaded_registry",
    "margin_option",
    "matching_tasks",
    "method_option",
    "method_setting",
    "not_shown",
    "one_task",
    "out_option",
    "plugin_option",
    "read_suite_option",
    "recorded_names",
    "say_notes",
    "selected_suites",
    "settings_option",
    "shortened",
    "show_progress",
    "store_option",
    "strict_option",
    "suite_file_option",
    "suite_option",
    "suites_of_records",
]

NOTHING_SELECTED: Final = (
    "nothing was selected: no run fits the options; `srbench leaderboard` shows what the store has"
)

_BLANKS: Final = str.maketrans("\n\t", "  ")

F = TypeVar("F", bound=Callable[..., Any])


def method_option(function: F) -> F:
    """Add --method NAME, which chooses records."""
    return click.option(
        "--method", "-m", "methods", multiple=True, metavar="NAME", help="Only this method. May be repeated."
    )(function)


def tag_option(function: F) -> F:
    """Add --tag NAME, which chooses records of a store."""
    return click.option(
        "--tag", "tags", multiple=True, metavar="NAME",
        help="Only runs with this tag, which `srbench run --tag` gives them. May be repeated.",
    )(function)  # fmt: skip


def is_suite_file(name: str) -> bool:
    """Return whether the name of a suite is the path of a suite file."""
    return name.endswith(".toml") or "/" in name


def suites_of_records(registry: Registry, names: Iterable[str]) -> tuple[tuple[str, ...], dict[str, Suite]]:
    """Return names of suites as records have them, and by these the suites of those that are files.

    A file's name is the one that stands in it; a drawn suite's has all its parameters.

    Raises:
        SuiteError: a file is missing, or is no suite file.
    """
    from srbench_lite.problems.generator_name import canonical_suite

    known: dict[str, None] = {}
    files: dict[str, Suite] = {}
    for name in names:
        read = selected_suites(registry, (name,)) if is_suite_file(name) else {}
        files |= read
        known |= dict.fromkeys(read or (canonical_suite(name) or name,))
    return tuple(known), files


def _recorded_suites(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Write the names of suites as records have them, those of files too."""
    from srbench_lite.problems.generator_name import canonical_suite
    from srbench_lite.problems.suite_file import load_suite

    return tuple(
        load_suite(Path(name), strict=False, assume=True).name
        if name.endswith(".toml")
        else canonical_suite(name) or name
        for name in values
    )


def limit_options(function: F) -> F:
    """Add --time-limit and --memory-limit, which hold for every fit."""
    function = click.option(
        "--memory-limit", type=click.FloatRange(min=0, min_open=True), default=4096.0, show_default=True, metavar="MIB",
        help="Resident memory of one fit's process tree.",
    )(function)  # fmt: skip
    return click.option(
        "--time-limit", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True, metavar="SECONDS",
        help="Wall clock of one fit. The methods that ship plan counted work for a third of it.",
    )(function)  # fmt: skip


def settings_option(function: F) -> F:
    """Add --set METHOD.PARAMETER=VALUE, which `chosen_methods` reads."""
    return click.option(
        "--set", "settings", multiple=True, metavar="METHOD.PARAMETER=VALUE",
        help="Change a hyper-parameter. May be repeated.",
    )(function)  # fmt: skip


def suite_option(function: F) -> F:
    """Add --suite NAME|FILE.toml, which chooses records: names as these have them."""
    return _suite_option(function, callback=_recorded_suites)


def read_suite_option(function: F) -> F:
    """Add the same for commands that read the file, too: names as they were written, for `suites_of_records`."""
    return _suite_option(function, callback=None)


def _suite_option(function: F, callback: Callable[..., tuple[str, ...]] | None) -> F:
    return click.option(
        "--suite", "-s", "suites", multiple=True, callback=callback, metavar="NAME|FILE.toml",
        help="Only this suite, by its name or its file. May be repeated.",
    )(function)  # fmt: skip


def identifiable_option(function: F) -> F:
    """Add --identifiable, which leaves tasks out."""
    return click.option(
        "--identifiable", is_flag=True,
        help="Leave out tasks whose truth points in float64 cannot show, and say how many: no method can find it.",
    )(function)  # fmt: skip


def not_shown(registry: Registry) -> list[str]:
    """Return the fingerprints of the installed tasks whose points cannot show the truth."""
    return [task.fingerprint for task in registry.tasks.values() if task.unidentifiable]


def suite_file_option(function: F) -> F:
    """Add --suite FILE.toml, which defines tasks."""
    return click.option(
        "--suite", "-s", "suites", multiple=True, metavar="FILE.toml",
        help="Suite file that defines the task. May be repeated.",
    )(function)  # fmt: skip


def strict_option(function: F) -> F:
    """Add --strict, which takes no suite file with a fault and assumes nothing of data files."""
    return click.option(
        "--strict", is_flag=True,
        help="Refuse a suite file with a bad task, and a data file of which something must be assumed. By default bad "
        "tasks are left out, and what was assumed is said.",
    )(function)  # fmt: skip


def store_option(function: F) -> F:
    """Add --store PATH."""
    return click.option(
        "--store", "store_path", type=click.Path(path_type=Path, dir_okay=False), default=Path("results/srbench.db"),
        show_default=True, metavar="FILE", help="Store of the records, a SQLite file.",
    )(function)  # fmt: skip


def _margins(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    """Read METRIC=NUMBER."""
    margins = {}
    for text in values:
        name, _, number = text.partition("=")
        try:
            margins[name] = float(number)
        except ValueError:
            raise click.BadParameter(f"write METRIC=NUMBER, as in recovery=0.05; got {text!r}") from None
        if not 0 <= margins[name] < float("inf"):
            raise click.BadParameter(f"a margin is a number of at least 0, got {text!r}")
    return margins


def margin_option(function: F) -> F:
    """Add --margin METRIC=NUMBER."""
    return click.option(
        "--margin", "margins", multiple=True, callback=_margins, metavar="METRIC=X",
        help="Largest difference that does not matter: 0.03 of recovery is three points, 0.5 of accuracy is half a "
        "digit; of complexity and costs it is log10 of a factor. May be repeated.",
    )(function)  # fmt: skip


def at_option(function: F) -> F:
    """Add --at SECONDS."""
    return click.option(
        "--at", type=float, metavar="SECONDS",
        help="As if every run had been stopped at this second: 1, 2, 5, 10, ... or the end of the time limit.",
    )(function)  # fmt: skip


def out_option(function: F) -> F:
    """Add --out FILE, which is written in place of standard output."""
    return click.option(
        "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write this file."
    )(function)


def plugin_option(function: F) -> F:
    """Add --plugin FILE."""
    return click.option(
        "--plugin", "plugin_files", type=click.Path(path_type=Path), multiple=True, metavar="FILE",
        help="Load this plugin too, a Python file. May be repeated.",
    )(function)  # fmt: skip


def loaded_registry(plugin_files: Iterable[Path]) -> Registry:
    """Find the plugins, and warn of those that are broken."""
    from srbench_lite.methods.discovery import discover

    registry = discover(files=tuple(plugin_files))
    for plugin in registry.broken:
        say(f"warning: plugin {plugin.name} ({plugin.origin}) is broken: {plugin.error}", err=True)
    return registry


def selected_suites(
    registry: Registry, names: Iterable[str], *, strict: bool = False, tasks: Collection[str] = ()
) -> dict[str, Suite]:
    """Return suites by name. None named: those of the tasks, if each is written with its suite, or all installed.

    A name such as `random:size=7,seed=3` is drawn (`srbench list generators`); one that ends in .toml or has a slash is
    a suite file. Bad tasks of a file are left out, if not `strict`, and said in a warning each; they stand in its
    `faults`.

    Args:
        registry: what is installed.
        names: of suites.
        strict: whether a suite file with a fault is refused.
        tasks: names of tasks: of those that are drawn, the suites are among the answer.

    Raises:
        UnknownNameError, SuiteError: no such suite, or a bad file.
    """
    from srbench_lite.errors import DuplicateNameError

    chosen: dict[str, Suite] = {}
    for name in dict.fromkeys(names):
        suite = _suite(registry, name, strict=strict)
        if suite.name in chosen and chosen[suite.name] is not suite:
            raise DuplicateNameError(f"two suite files name their suite {suite.name!r}; rename one of them")
        chosen[suite.name] = suite
    chosen = chosen or _suites_of(tasks, registry) or dict(registry.suites)
    return {**chosen, **{suite.name: suite for suite in _drawn_suites(tasks)}}


def _suites_of(tasks: Iterable[str], registry: Registry) -> dict[str, Suite]:
    """Return the installed suites of tasks with full names; none where a name or a pattern may mean tasks of others."""
    found = {}
    for name in tasks:
        suite = registry.suites.get(name.partition("/")[0])
        if suite is None or all(task.name != name for task in suite.tasks):
            return {}
        found[suite.name] = suite
    return found


def _suite(registry: Registry, name: str, *, strict: bool) -> Suite:
    """Return the suite that a name says: drawn, of a file, or installed."""
    from srbench_lite.errors import DuplicateNameError
    from srbench_lite.problems.generator_name import GENERATORS, canonical_suite, canonical_task
    from srbench_lite.problems.suite_file import load_suite

    if canonical_task(name) is not None:
        raise UsageError(f"{name} is a task; give --task {name}")
    drawn = canonical_suite(f"{name}:" if name in GENERATORS and name not in registry.suites else name)
    if drawn is not None:
        from srbench_lite.problems.random_suite import random_suite

        return random_suite(drawn)
    of = registry.suites.get(name.partition("/")[0])  # the tasks of the others need not be read to know that
    if of is not None and any(task.name == name for task in of.tasks if name != of.name):
        raise UsageError(f"{name} is a task; give --suite {of.name} --task {name}")
    if not is_suite_file(name):
        return registry.suite(name)
    suite = load_suite(Path(name), strict=strict, assume=not strict)
    for fault in suite.faults:
        say(f"warning: suite {suite.name}: left out: {fault}", err=True)
    if suite.name in registry.suites:
        raise DuplicateNameError(f"{name} names its suite {suite.name!r}, as an installed one is named; rename it")
    return suite


def _drawn_suites(tasks: Iterable[str]) -> Iterator[Suite]:
    """Yield the suites of those tasks that are drawn."""
    from srbench_lite.problems.generator_name import canonical_task

    for name in tasks:
        drawn = canonical_task(name)
        if drawn is not None:
            from srbench_lite.problems.random_suite import random_suite

            yield random_suite(drawn[0])


def say_notes(suites: Iterable[Suite]) -> None:
    """Say in a line for each data file of tasks that were read what was found and assumed of it."""
    for suite in suites:
        for task in suite.tasks if suite.are_read else ():
            if task.note:
                say(f"note: {task.name}: {task.note}", err=True)


def full_name(task: str, known: Collection[str]) -> str:
    """Return the name of a task that may be written without its suite.

    Raises:
        UnknownNameError: there is none.
        UsageError: tasks of several suites are called that.
    """
    from srbench_lite.methods.discovery import full_task_name
    from srbench_lite.problems.generator_name import canonical_task

    drawn = canonical_task(task)
    return full_task_name(task if drawn is None else drawn[1], known)


def matching_tasks(text: str, known: Collection[str]) -> list[str]:
    """Return the full names of the tasks that a name means, or that fit a pattern such as `sin/p*`.

    Raises:
        UnknownNameError: there is none.
        UsageError: no task fits the pattern, or it is the name of tasks in several suites.
    """
    from srbench_lite.problems.generator_name import canonical_task

    drawn = canonical_task(text)
    text = text if drawn is None else drawn[1]
    if text in known or not any(sign in text for sign in "*?["):
        return [full_name(text, known)]
    fitting = [name for name in known if fnmatchcase(name, text) or fnmatchcase(name.partition("/")[2], text)]
    if not fitting:
        raise UsageError(f"no task fits the pattern {text!r}.{suggest(text, known)}")
    return fitting


def chosen_methods(registry: Registry, names: Iterable[str], settings: Iterable[str]) -> list[Method]:
    """Return methods by name, with the hyper-parameters that METHOD.PARAMETER=VALUE sets.

    Raises:
        UsageError: there is no such method or hyper-parameter, or it cannot have that value.
    """
    changes: dict[str, dict[str, Any]] = {}
    chosen = {name: registry.method(name) for name in names}
    for setting in settings:
        name, parameter, value = method_setting(setting, chosen)
        changes.setdefault(name, {})[parameter] = value
    return [method.with_parameters(changes.get(name, {})) for name, method in chosen.items()]


def method_setting(setting: str, chosen: Collection[str], *, option: str = "--set") -> tuple[str, str, str]:
    """Return method, parameter and value of METHOD.PARAMETER=VALUE: the longest name that it can be, dots and all.

    Raises:
        UnknownNameError: no such method is chosen.
        UsageError: the text is written in another way, or two methods may be meant.
    """
    from srbench_lite.methods.made_methods import short_name

    whole = {name: {name} for name in chosen}
    short = {short: {name for name in chosen if short_name(name) == short} for short in map(short_name, chosen)}
    spelled = short | whole
    fitting = [name for name in spelled if setting.startswith(f"{name}.")]
    written = max(fitting, key=len, default=setting.partition("=")[0].partition(".")[0])
    parameter, equals, value = setting[len(written) + 1 :].partition("=")
    if not (setting[len(written) :].startswith(".") and equals and parameter):
        raise UsageError(f"{option} must be METHOD.PARAMETER=VALUE, got {setting!r}")
    if not fitting:
        raise UnknownNameError(f"method in {option}", written, chosen)
    if len(spelled[written]) > 1:
        raise UsageError(f"{written} in {option} may be {' or '.join(sorted(spelled[written]))}; write the whole name")
    return min(spelled[written]), parameter, value


def show_progress(registry: Registry) -> None:
    """Show the progress of runs on standard error: a bar on a terminal, lines elsewhere."""
    from srbench_lite.reports.progress import LiveProgress, PlainProgress

    live = sys.stderr.isatty() and not os.environ.get("CI")
    registry.manager.register(LiveProgress() if live else PlainProgress(), name="progress")


def one_task(text: str, known: Collection[str]) -> str:
    """Return the full name of the one task that a name or a pattern means.

    Raises:
        UnknownNameError: there is none.
        UsageError: no task fits the pattern, or several do.
    """
    names = matching_tasks(text, known)
    if len(names) > 1:
        listed = ", ".join(sorted(names)[:12]) + (", ..." if len(names) > 12 else "")
        raise UsageError(f"{text!r} fits {len(names)} tasks; name one: {listed}")
    return names[0]


def recorded_names(kind: str, names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the names, each of which must be known; raises `UnknownNameError`."""
    standing = set(known)
    for name in names:
        if name not in standing:
            raise UnknownNameError(kind, name, standing)
    return tuple(names)


def check_selection(store: Store, suites: Sequence[str], methods: Sequence[str]) -> None:
    """Raise `UnknownNameError` where a suite or a method that was asked for has no record in the store."""
    if suites or methods:
        for kind, names, known in zip(
            ("suite", "method"), (suites, methods), store.distinct("suite", "method"), strict=True
        ):
            recorded_names(kind, names, known)


def shortened(text: str, most: int = 80) -> str:
    """Return the text, cut to what a line of a table has room for."""
    return text if len(text) <= most else f"{text[: most - 3].rstrip()}..."


def format_table(rows: Iterable[Iterable[object]], headers: Iterable[str], *, keys: int = 1) -> str:
    """Return a plain, left-aligned table no wider than the terminal, in which nothing acts on a terminal.

    Args:
        rows: what stands in the columns.
        headers: of the columns.
        keys: how many columns at the left say what a row is about.
    """
    from srbench_lite.recording.output import safely_shown  # which `srbench --help` has no use for
    from srbench_lite.reports.fitted_table import fitted_table

    cells = [[safely_shown(str(cell)).translate(_BLANKS) for cell in row] for row in rows]
    return fitted_table([str(header).upper() for header in headers], cells, keys=keys, ruled=False)
