"""The study that `srbench run` does: of a file, of its options, or of both; and the runs that it amounts to."""

from __future__ import annotations

import itertools
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.cli.options import (
    is_suite_file,
    matching_tasks,
    method_setting,
    say_notes,
    selected_suites,
)
from srbench_lite.cli.pythons import chosen_environments, python_by_method
from srbench_lite.errors import SuiteError, UnknownNameError, UsageError
from srbench_lite.recording.study import Study, StudyMethod, StudyRuns, read_study, study_text

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.methods.method import Method
    from srbench_lite.problems.perturbation import Perturbation
    from srbench_lite.problems.suite import Suite
    from srbench_lite.problems.task import Task
    from srbench_lite.running.plan import Plan

__all__ = ["Planned", "moved_studies", "planned_runs", "rebased", "study_of_file", "suite_files_of", "with_changes"]

_MAX_VARIANTS: Final = 10_000  # of a method
_MAX_BYTES: Final = 200_000_000  # of a page
#: A value of --sweep: commas inside brackets are the value's own.
_SWEPT: Final = re.compile(r"(?:\[[^\]]*\]|\([^)]*\)|[^,\[(])+")


# --- where a study comes from -----------------------------------------------------------------------------------------


def study_of_file(path: Path) -> Study:
    """Return the study that a file is, or that a page, a store or an export keeps; paths in it are usable from here.

    Only a TOML file may name plugin files and interpreters: what another file names is left out, and said.

    Raises:
        UsageError: the file cannot be read, or has a fault or no study.
    """
    from srbench_lite.cli.streams import say

    if not path.is_file():
        raise UsageError(f"there is no study {path}; `srbench run --write-study FILE` writes one")
    if path.suffix.lower() == ".toml":
        return _from_folder(_read(path.read_bytes(), str(path)), path.parent)
    studies = _study_of_page(path) if path.suffix.lower() in (".html", ".htm") else _study_of_records(path)
    loaded = sorted({name for runs in studies.runs for name in (*runs.plugins, *runs.python.values())})
    if loaded:
        say(
            f"note: {path} names files and environments whose code would run: {', '.join(loaded)}; give --plugin and "
            "--python yourself for those that you trust", err=True,
        )  # fmt: skip
    runs = tuple(replace(runs, plugins=(), python={}) for runs in studies.runs)
    return _from_folder(Study(runs), path.parent)


def _read(content: bytes, where: str) -> Study:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{where} is no UTF-8: {error.reason} at byte {error.start}") from None
    return read_study(text, where=where)


class _Content(HTMLParser):
    """Finds the data of a page, and nothing else of it."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and ("id", "content") in attrs and ("type", "application/json") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text += data


def _study_of_page(path: Path) -> Study:
    """Return the study in the data of a page, which is read as text: no script of it runs."""
    if path.stat().st_size > _MAX_BYTES:
        raise UsageError(f"{path} is larger than any page of `srbench report`")
    page = _Content()
    page.feed(path.read_text(encoding="utf-8", errors="replace"))
    try:
        content = json.loads(page.text)
    except (ValueError, RecursionError):
        content = None
    text = content.get("study") if isinstance(content, dict) else None
    if not isinstance(text, str) or not text:
        raise UsageError(f"{path} has no study; is it a page that `srbench report` wrote?")
    return read_study(text, where=f"the study in {path}")


def _study_of_records(path: Path) -> Study:
    """Return the studies that a store or an export keeps, or else what made its records."""
    from srbench_lite.comparing.made_runs import COLUMNS, study_of
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.methods.discovery import discover
    from srbench_lite.recording.exchange import read_records, read_studies
    from srbench_lite.recording.store import Store

    texts = read_studies(path)
    if texts:
        parts = [read_study(text, where=f"study {number} in {path}") for number, text in enumerate(texts, start=1)]
        return Study(tuple(runs for study in parts for runs in study.runs))
    if path.suffix in (".db", ".sqlite"):
        with Store(path, read_only=True) as store:
            runs = RunTable.from_store(store, COLUMNS).runs
    else:
        runs = RunTable.from_records(read_records(path), COLUMNS).runs
    if not len(runs):
        raise UsageError(f"{path} has no records, so there is nothing to run again")
    suites = discover().suites
    present = {str(name) for name in runs["suite"].unique()} & {*suites}
    return study_of(runs, suites={name: [task.name for task in suites[name].tasks] for name in present})


def _from_folder(study: Study, folder: Path) -> Study:
    return _moved(study, lambda path: str(folder / path))


def rebased(study: Study, folder: Path) -> Study:
    """Return a study whose relative paths, which are usable from here, are usable from a folder."""

    def move(path: str) -> str:
        moved = Path(path if Path(path).is_absolute() else os.path.relpath(path, folder)).as_posix()
        return moved if "/" in moved or moved.endswith(".toml") else f"./{moved}"

    return _moved(study, move)


def moved_studies(texts: Sequence[str], old: Path, new: Path) -> list[str]:
    """Return texts of studies whose relative paths were of one folder, and are of another now; faulty ones are gone."""
    moved = []
    for text in texts:
        with suppress(UsageError):  # a stranger wrote it
            moved.append(study_text(rebased(_from_folder(read_study(text, where="a study"), old), new)))
    return moved


def suite_files_of(texts: Sequence[str], folder: Path) -> list[str]:
    """Return the paths of suite files that studies name, usable from here; their paths are of a folder."""
    moved = moved_studies(texts, folder, Path())
    names = (name for text in moved for runs in read_study(text, where="a study").runs for name in runs.suites)
    return list(dict.fromkeys(filter(is_suite_file, names)))


def _moved(study: Study, move: Callable[[str], str]) -> Study:
    return Study(
        tuple(
            replace(
                runs, suites=tuple(move(name) if is_suite_file(name) else name for name in runs.suites),
                plugins=tuple(map(move, runs.plugins)),
                python={name: move(text) if os.sep in text else text for name, text in runs.python.items()},
            )
            for runs in study.runs
        )
    )  # fmt: skip


# --- what the command line changes ------------------------------------------------------------------------------------


def with_changes(
    study: Study, registry: Registry, *, values: Mapping[str, Any], methods: Sequence[str], settings: Sequence[str],
    sweeps: Sequence[str], pythons: Sequence[str],
) -> Study:  # fmt: skip
    """Return a study as the options of a command line change it.

    Args:
        study: as it stands in its file.
        registry: what is installed.
        values: fields of `StudyRuns`, which take the place of what the file says.
        methods: only these; all where none is named.
        settings: METHOD.PARAMETER=VALUE.
        sweeps: METHOD.PARAMETER=VALUE,VALUE,...
        pythons: METHOD=PATH|ENVIRONMENT.

    Raises:
        UnknownNameError: the study has no such method.
        UsageError: an option is not written as it must be.
    """
    known = {method.name for runs in study.runs for method in runs.methods}
    for name in methods:
        if name not in known:
            raise UnknownNameError("method of the study", name, known)
    chosen = set(methods) or known
    changes = _parameters(registry, chosen, settings, sweeps)
    told = python_by_method(pythons, chosen)
    parts = []
    for runs in study.runs:
        kept = tuple(
            replace(method, parameters={**method.parameters, **changes.get(method.name, {})})
            for method in runs.methods
            if method.name in chosen
        )
        names = {method.name for method in kept}
        python = {name: text for name, text in {**runs.python, **told}.items() if name in names}
        if kept:
            parts.append(replace(runs, methods=kept, python=python, **values))
    return Study(tuple(parts))


def _parameters(
    registry: Registry, chosen: set[str], settings: Sequence[str], sweeps: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return by method what --set and --sweep give its hyper-parameters."""
    found: dict[str, dict[str, Any]] = {}
    for text in settings:
        name, parameter, value = method_setting(text, chosen)
        found.setdefault(name, {})[parameter] = value
    for text in sweeps:
        name, parameter, value = method_setting(text, chosen, option="--sweep")
        if parameter in found.get(name, {}):
            raise UsageError(f"{name}.{parameter} is given twice; one --set or --sweep is enough")
        texts = [part.strip() for part in _SWEPT.findall(value) if part.strip()]
        if not texts:
            raise UsageError(f"--sweep must be METHOD.PARAMETER=VALUE,VALUE,..., got {text!r}")
        found.setdefault(name, {})[parameter] = _read_lists(registry.method(name), parameter, texts)
    return found


def _read_lists(method: Method, name: str, texts: list[str]) -> list[Any]:
    """Return texts as the lists that they say where the hyper-parameter is a list, and as they are elsewhere."""
    from srbench_lite.methods.parameters import changed

    annotation = _tuple_annotation(method, name)
    if annotation is None:
        return list(texts)
    return [changed(f"{method.name}.{name}", text, getattr(method, name), annotation) for text in texts]


def _tuple_annotation(method: Method, name: str) -> str | None:
    """Return the type of a hyper-parameter that is a list, as it is written; None of any other or unknown one."""
    from srbench_lite.methods.parameters import is_tuple

    written = {field.name: str(field.type) for field in fields(method)}.get(name)
    return written if written is not None and is_tuple(getattr(method, name), written) else None


# --- the runs that a study amounts to ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The runs of a study.

    Attributes:
        runs: each once.
        study: with every value as the methods have it.
        left_out: whether a task of a suite file was left out.
    """

    runs: Plan
    study: Study
    left_out: bool


def planned_runs(registry: Registry, study: Study, *, where: str = "") -> Planned:
    """Return the runs of a study, part by part.

    Args:
        registry: what is installed.
        study: with paths that are usable from here.
        where: path of its file, for errors.

    Raises:
        UsageError: there is no such method, suite, task or hyper-parameter, or a value is none that it can have.
    """
    from srbench_lite.methods.method import Budget
    from srbench_lite.running.plan import Plan, plan

    parts, plans, left_out = [], [], False
    suites_read: dict[tuple[Any, ...], dict[str, Suite]] = {}
    for number, runs in enumerate(study.runs, start=1):
        with _inside(where, number if len(study.runs) > 1 else 0):
            asked = (runs.suites, runs.tasks, runs.strict)
            if asked not in suites_read:
                suites_read[asked] = selected_suites(registry, runs.suites, strict=runs.strict, tasks=runs.tasks)
                say_notes(suites_read[asked].values())
            suites = suites_read[asked]
            left_out |= not runs.tasks and any(suite.faults for suite in suites.values())
            variants = [_variants(registry, method) for method in runs.methods]
            methods = list(dict.fromkeys(itertools.chain.from_iterable(variants)))
            every = plan(
                methods, _tasks(suites, runs.tasks), seeds=range(runs.first_seed, runs.first_seed + runs.seeds),
                noises=runs.noise, perturbations=_perturbations(runs),
                budget=Budget(seconds=runs.time_limit, memory_mb=runs.memory_limit, threads=runs.threads),
                environments=chosen_environments(methods, [f"{name}={text}" for name, text in runs.python.items()]),
            )  # fmt: skip
            plans.append(every)
            typed = map(_typed, runs.methods, variants)
            parts.append(replace(runs, methods=tuple(typed)))
    return Planned(runs=Plan.joined(plans), study=Study(tuple(parts)), left_out=left_out)


@contextmanager
def _inside(where: str, number: int) -> Iterator[None]:
    """Say of a fault in which file it is, and in which part of it."""
    try:
        yield
    except UsageError as error:
        if not where:
            raise
        elsewhere = isinstance(error, SuiteError) and not where.endswith(".toml")  # the file came without its suites
        hint = "; --suite FILE.toml names where it is" if elsewhere else ""
        raise UsageError(f"{where}: {f'runs {number}: ' if number else ''}{error}{hint}") from None


def _variants(registry: Registry, method: StudyMethod) -> list[Method]:
    """Return a method with every combination of the values that its hyper-parameters are to have."""
    base = registry.method(method.name)
    values = [_values(base, name, given) for name, given in method.parameters.items()]
    if (count := math.prod(map(len, values))) > _MAX_VARIANTS:
        raise UsageError(f"{method.name} would have {count:,} variants; at most {_MAX_VARIANTS:,} are allowed")
    return [
        base.with_parameters(dict(zip(method.parameters, combination, strict=True)))
        for combination in itertools.product(*values)
    ]


def _values(method: Method, name: str, given: Any) -> list[Any]:
    """Return the values of a sweep, or the one value; of a parameter that is a list, only a list of lists sweeps."""
    if not isinstance(given, list | tuple):
        return [given]
    if _tuple_annotation(method, name) is not None:
        return list(given) if given and all(isinstance(item, list | tuple) for item in given) else [given]
    if not given:
        raise UsageError(f"{method.name}.{name} has no value; write one, or a list of values")
    return list(given)


def _typed(method: StudyMethod, variants: Sequence[Method]) -> StudyMethod:
    """Return a method with its values as they are of the type of its hyper-parameters."""
    parameters: dict[str, Any] = {}
    for name in method.parameters:
        values: list[Any] = []
        values += (value for variant in variants if (value := variant.parameters()[name]) not in values)
        parameters[name] = values[0] if len(values) == 1 and not isinstance(values[0], list | tuple) else values
    return StudyMethod(name=method.name, parameters=parameters)


def _tasks(suites: Mapping[str, Suite], names: Sequence[str]) -> list[Task]:
    every = {task.name: task for suite in suites.values() for task in suite.tasks}
    if not names:
        return list(every.values())
    chosen = dict.fromkeys(task for name in names for task in matching_tasks(name, every))
    return [every[name] for name in chosen]


def _perturbations(runs: StudyRuns) -> list[Perturbation]:
    """Return every combination."""
    from srbench_lite.problems.perturbation import Perturbation

    return [
        Perturbation(train_size=size, dummies=count, input_noise=noise, rescale=runs.rescale, outliers=share)
        for size in runs.train_size or (None,)
        for count in runs.dummies
        for noise in runs.input_noise
        for share in runs.outliers
    ]
