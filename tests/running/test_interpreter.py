"""Runs in another interpreter: the same formulas, limits and statuses as here, and records that say what is there."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import platform
import shlex
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from other_pythons import FACTS, add_package, bare_venv, stand_in
from places import ABROAD, HOSTILE
from runs_here import do_scoring_here

from srbench_lite import Budget, Method, Sampling, Task
from srbench_lite.environments.environment import Environment
from srbench_lite.environments.making import record_interpreter
from srbench_lite.environments.probing import Found
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.recording.record import Record, Status
from srbench_lite.recording.store import Store
from srbench_lite.running.interpreter import Interpreter, Place, find_place
from srbench_lite.running.plan import PlannedRun, plan
from srbench_lite.running.runner import run
from srbench_lite.running.supervisor import Supervisor

LINE = Task(
    name="toy/line", suite="toy", truth=Expression.parse("2*x + 1"), n_train=20, n_test=50,
    variables={"x": Sampling(low=-1.0, high=1.0)},
)  # fmt: skip
CURVE = dataclasses.replace(LINE, name="toy/curve", truth=Expression.parse("sin(x) + x**2"))
BUDGET = Budget(seconds=120.0, memory_mb=2048.0)
FILES = [HOSTILE, ABROAD]


@pytest.fixture(scope="module", name="registry")
def _registry() -> Registry:
    return discover(files=FILES)


@pytest.fixture(scope="module", name="python")
def _python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with numpy, a package that we do not have, and a broken one of a name that is lent to it."""
    python = bare_venv(tmp_path_factory.mktemp("there") / "venv")
    add_package(python, "apt", "1.5", "VALUE = 7\n")
    add_package(python, "pluggy", "0.1", "raise RuntimeError('not this one')\n")
    return python


@pytest.fixture(scope="module", name="there")
def _there(python: Path) -> Environment:
    return dataclasses.replace(record_interpreter("there", str(python), keep=False), name="there")


#: Methods that find formulas: one of a file, one of an installed package.
FINDING = ("random", "neuron")
#: Hostile methods that end by themselves, and those that only a limit ends.
ENDING = (
    "good", "grandchild", "double-fork", "exits", "system-exits", "segfaults", "crashes", "finds-nothing", "skips",
    "unknown-variables", "odd-answers", "closes-outputs", "leaves-and-kills-parent", "kills-parent",
)  # fmt: skip
SHORT, SMALL = Budget(seconds=0.5, memory_mb=2048.0), Budget(seconds=120.0, memory_mb=600.0)
LIMITS = {"sleeps": SHORT, "ignores-term": SHORT, "allocates": SMALL}
ELSEWHERE = ("asks-apt", "asks-psutil", "asks-variables", "names-parent")


@pytest.fixture(scope="module", name="runs")
def _runs(registry: Registry, there: Environment, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The same runs here and there, two seeds of each; methods that tell of their place run there only."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "random.py").write_text("raise RuntimeError('shadow')")
    before = _family()
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        do_scoring_here(patch)
        for name, value in (("PYTHONPATH", ":".join(sys.path)), ("VIRTUAL_ENV", "/ours")):
            patch.setenv(name, value)
        for where, name in ((None, "here"), (there, "there")):
            with Store(folder / f"{name}.db") as store:
                noting = {"pids": str(folder / f"pids-{name}")}
                hostile = [registry.method(one).with_parameters(noting) for one in (*ENDING, *LIMITS)]
                telling = [] if where is None else _methods(registry, ELSEWHERE)
                planned = _planned([*telling, *_methods(registry, FINDING)], where, seeds=(0, 1))
                planned += tuple(
                    dataclasses.replace(one, budget=LIMITS.get(one.method.name, BUDGET))
                    for one in _planned(hostile, where)
                )
                run(planned, registry=registry, store=store, plugins=FILES)
                records = {record.key: record for record in store}
                found.append({(one.method.name, one.seed): records[one.key] for one in planned})
    return Runs(*found, left=_family() - before, noted=[folder / "pids-here", folder / "pids-there"])


@dataclass(frozen=True)
class Runs:
    """Records by method and seed, processes that were left, and files of the numbers of those that were started."""

    here: dict[tuple[str, int], Record]
    there: dict[tuple[str, int], Record]
    left: set[int]
    noted: list[Path]


def _family() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def _methods(registry: Registry, names: Iterable[str]) -> list[Method]:
    return [registry.method(name) for name in names]


def _planned(
    methods: Iterable[Method], there: Environment | None, *, seeds: Iterable[int] = (0,)
) -> tuple[PlannedRun, ...]:  # fmt: skip
    methods = list(methods)
    places = {} if there is None else {method.name: there for method in methods}
    return plan(methods, [CURVE], seeds=list(seeds), noises=[0.0], budget=BUDGET, environments=places)


# --- the same as here -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", FINDING)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_formula(runs, method, seed):
    here, there = runs.here[method, seed], runs.there[method, seed]

    assert here.status is Status.OK
    assert there.expression == here.expression
    assert there.candidates == here.candidates
    assert there.scores.verdict == here.scores.verdict
    assert there.environment["environment"] == "there"
    assert "environment" not in here.environment


@pytest.mark.parametrize("method", [*ENDING, *LIMITS])
def test_whatever_a_method_does_ends_as_it_does_here(runs, method):
    assert _outcome(runs.there[method, 0]) == _outcome(runs.here[method, 0])


def _outcome(record: Record) -> tuple[object, ...]:
    """How a run ended, without what its process wrote."""
    return record.status, str(record.reason).partition("; it last wrote")[0], record.expression, record.complaint


def test_every_way_to_end_was_seen_and_no_process_is_left(runs):
    assert {record.status for record in runs.there.values()} == set(Status)
    assert runs.left == set()
    for file in runs.noted:
        started = [int(line) for line in file.read_text().split()]
        assert len(started) == 3
        assert not [pid for pid in started if psutil.pid_exists(pid) and _is_at_work(pid)]


def _is_at_work(pid: int) -> bool:
    return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


# --- what is there, and what is lent to it ----------------------------------------------------------------------------


def test_a_method_finds_the_packages_that_are_there_and_none_of_ours(runs, python):
    apt, ours, variables = (runs.there[name, 0] for name in ("asks-apt", "asks-psutil", "asks-variables"))

    assert (apt.expression, apt.extras) == ("7", {"python": str(python)})
    assert ours.status is Status.CRASHED
    assert str(ours.reason).startswith("ModuleNotFoundError: No module named 'psutil' (")
    assert variables.expression == "1", variables.reason


def test_records_say_what_is_there_and_what_scored(runs):
    there, here = (side["good", 0] for side in (runs.there, runs.here))
    numpy = importlib.metadata.version("numpy")

    assert there.environment["environment"] == "there"
    assert there.environment["python"] == platform.python_version()
    assert there.environment["packages"] == {"apt": "1.5", "numpy": numpy, "pluggy": "0.1"}
    assert there.environment["scored_in"] == {name: here.environment[name] for name in ("python", "packages")}
    assert there.environment["tolerances"] == here.environment["tolerances"]
    assert there.method_source not in (None, here.method_source)


def test_one_warm_process_serves_all_runs(runs):
    assert runs.there["names-parent", 0].expression == runs.there["names-parent", 1].expression


def test_one_python_serves_methods_that_were_told_it_apart(scoring_here, registry, there, tmp_path):
    """Two records of one Python: each has the plugins of its own methods."""
    again = dataclasses.replace(there, created="later")
    planned = plan(
        _methods(registry, FINDING), [CURVE], seeds=[0], noises=[0.0], budget=BUDGET,
        environments=dict(zip(FINDING, (there, again), strict=True)),
    )  # fmt: skip
    with Store(tmp_path / "store.db") as store:
        run(planned, registry=registry, store=store, plugins=FILES)
        found = {record.method: record.status for record in store}

    assert found == dict.fromkeys(FINDING, Status.OK)


def test_the_same_interpreter_has_the_same_processes(registry, there):
    def of(*names: str) -> Interpreter:
        return Interpreter.of(there, _methods(registry, names), registry)

    with Supervisor() as supervisor:
        assert supervisor.abroad(of("lasso")) is supervisor.abroad(of("lasso"))
        assert len({supervisor.abroad(of(*names)) for names in (("lasso",), ("neuron",), ("lasso", "neuron"))}) == 3


def test_what_another_interpreter_sees_of_ours(registry):
    def of(*names: str) -> Interpreter:
        there = Environment(
            name="x", python="/x/python", python_version="3.12", requirements=(), locked=(), created=""
        )  # fmt: skip
        return Interpreter.of(there, [registry.method(name) for name in names], registry)

    alone = of("good", "asks-apt")
    assert alone.entry_points == ()
    assert set(alone.packages) == {"srbench_lite", "pluggy"}
    assert alone.preload == ("numpy", "apt", "no_such_module")
    assert alone.beside == ()
    two = of("lasso", "neuron")
    assert two.entry_points == ("lasso=srbench_lasso", "networks=srbench_networks")
    assert {"srbench_lite", "pluggy", "srbench_lasso", "srbench_networks"} <= set(two.packages)
    assert all((Path(folder) / name).exists() or (Path(folder) / f"{name}.py").exists()
               for name, folder in two.packages.items())  # fmt: skip
    command = two.command(7)
    assert command[0] == "/x/python"
    assert command[2] == "7"
    assert json.loads(command[3]) == {"packages": dict(two.packages), "beside": list(two.beside)}


# --- where it does not work -------------------------------------------------------------------------------------------


def spoiled(python: Path, how: str) -> None:
    """Break the environment of an interpreter."""
    if how == "gone":
        python.unlink()
    elif how == "without packages":
        shutil.rmtree(python.parent.parent / "lib")
    else:
        python.unlink()
        stand_in(python, probed=f"echo '{FACTS.replace('3.12.4', '3.10.1')}'")


def test_a_run_is_skipped_until_its_environment_is_there_and_works(scoring_here, registry, monkeypatch, tmp_path):
    monkeypatch.setenv("SRBENCH_LITE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    python = tmp_path / "venv" / "bin" / "python"

    def record() -> Record:
        planned = plan([registry.method("names-there")], [LINE], seeds=[0], noises=[0.0], budget=BUDGET)
        with Store(tmp_path / "store.db") as store:
            run(planned, registry=registry, store=store, plugins=FILES)
            (found,) = store
        return found

    missing = record()
    assert (missing.status, missing.expression) == (Status.SKIPPED, None)
    assert missing.reason == (
        f"there is no environment there; make it with: srbench env add there --plugin {shlex.quote(str(ABROAD))}"
    )
    for how, why in (
        ("gone", f"{python} cannot be started: No such file or directory"),
        ("without packages", f"numpy cannot be imported by {python}: ModuleNotFoundError: No module named 'numpy'"),
        ("too old", f"{python} is Python 3.10.1; srbench-lite needs 3.11 or newer"),
    ):
        shutil.rmtree(tmp_path / "venv", ignore_errors=True)
        bare_venv(tmp_path / "venv")
        record_interpreter("there", str(python), replace=True)
        spoiled(python, how)
        broken = record()
        assert broken.status is Status.SKIPPED
        assert broken.reason == (
            f"the environment there does not work: {why}; "
            "name another Python with: srbench env add there --python PATH --replace"
        )
    shutil.rmtree(tmp_path / "venv")
    add_package(bare_venv(tmp_path / "venv"), "apt", "1.5", "VALUE = 7\n")
    changed = record()
    assert (changed.status, changed.method_source) == (Status.SKIPPED, None)
    assert changed.reason == (
        "the environment there has changed since it was recorded: apt 1.5 is new; "
        f"take it as it is now with: srbench env add there --python {python} --replace"
    )
    record_interpreter("there", str(python), replace=True)
    mended = record()
    assert (mended.status, mended.expression) == (Status.OK, "7")


def test_an_interpreter_that_starts_nothing_costs_its_runs_only(scoring_here, registry, tmp_path):
    """It says what it has, and cannot run what it is given."""
    probed = f"case $1 in *inside.py) echo '{FACTS}';; *) echo no luck >&2; exit 4;; esac"
    python = stand_in(tmp_path / "python", probed=probed)
    there = record_interpreter(str(python), str(python), keep=False)
    with Store(tmp_path / "store.db") as store:
        run(_planned([registry.method("good")], there), registry=registry, store=store, plugins=FILES)
        (crashed,) = store

    assert crashed.status is Status.CRASHED
    assert crashed.reason == (
        f"the worker process could not start in the environment {python}: no luck; try `srbench env list`"
    )


def test_a_place_that_works_or_not(tmp_path):
    good, bad = stand_in(tmp_path / "good"), stand_in(tmp_path / "bad", probed="exit 1")
    kept = record_interpreter("mine", str(good), keep=False)
    gone = dataclasses.replace(kept, python=str(bad))
    place = find_place(Interpreter(environment=kept))

    assert (place.broken, place.found is not None) == (None, True)
    assert str(find_place(Interpreter(environment=gone)).broken).startswith("the environment mine does not work: ")


@pytest.mark.parametrize(("count", "named"), [(3, 3), (60, 60), (61, 2)])
def test_records_name_all_packages_of_a_small_environment(count, named):
    """Of a large one they name what was asked for, and numpy."""
    packages = {f"package-{number}": "1.0" for number in range(count - 2)} | {"Their_Method": "2.0", "numpy": "2.4"}
    environment = Environment(
        name="mine", python="/x", python_version="3.12", requirements=("their-method>=1",), locked=(), created=""
    )
    found = Found(python_version="3.12.1", implementation="CPython", packages=packages)
    place = Place(interpreter=Interpreter(environment=environment), found=found)
    described = place.describe({"python": "3.11.7", "packages": {"numpy": "2.0"}, "host": "h"})

    assert len(described["packages"]) == named
    assert described["packages"].items() >= {"Their_Method": "2.0", "numpy": "2.4"}.items()
    assert described["python"] == "3.12.1"
    assert described["scored_in"] == {"python": "3.11.7", "packages": {"numpy": "2.0"}}
    assert described["host"] == "h"
    assert Place(interpreter=place.interpreter).describe({"host": "h"}) == {"host": "h"}
