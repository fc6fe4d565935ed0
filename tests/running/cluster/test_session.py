"""`Session`: what a worker makes of a question, and the runs that it takes from orders."""

from __future__ import annotations

import dataclasses
import sys

import pytest

from srbench_lite import Budget, Method, Perturbation, discover
from srbench_lite.environments.making import record_interpreter
from srbench_lite.methods.code_fingerprint import code_fingerprint
from srbench_lite.methods.made_methods import name_elsewhere
from srbench_lite.running.cluster import session as sessions
from srbench_lite.running.cluster.greeting import AskedMethod, Greeting, Question
from srbench_lite.running.cluster.order import Order
from srbench_lite.running.cluster.session import Session, greet, known_session
from srbench_lite.running.plan import PlannedRun, plan
from srbench_lite.running.wire import WireError

REGISTRY = discover()
OWN = '''
from srbench_lite.methods.hookspecs import hookimpl
from srbench_lite import Fit, Method, Expression
from dataclasses import dataclass
from typing import ClassVar

@dataclass(frozen=True, kw_only=True)
class Own(Method):
    """A method."""
    name: ClassVar[str] = "own"
    summary: ClassVar[str] = "its own"
    source: ClassVar[str] = "here"
    version: ClassVar[str] = "3"

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.parse("1"))

@hookimpl
def srbench_methods():
    return [Own()]
'''


def asked(method: Method) -> AskedMethod:
    return AskedMethod(name=method.name, elsewhere=name_elsewhere(method), environment=None)


def greeted(*methods: AskedMethod, plugins: tuple[str, ...] = (), cores: int = 2) -> tuple[Greeting, Session]:
    question = Question(session="s", methods=methods, plugins=plugins, threads=1, memory_mb=100.0)
    greeting = greet(question, cores=cores, memory_mb=None)
    session = known_session("s")
    assert session is not None
    return greeting, session


def one_run(method: Method) -> PlannedRun:
    (one,) = plan(
        [method], [REGISTRY.task("sin/plain")], seeds=[4], noises=[0.1], budget=Budget(seconds=3),
        perturbations=[Perturbation(dummies=1)],
    )  # fmt: skip
    return one


def order_of(one: PlannedRun) -> Order:
    return Order.of({one.key: one}, session="s", seconds=1.0)


def test_an_ordered_run_is_the_planned_one():
    method = REGISTRY.methods["lasso"].with_parameters({"epochs": 77})
    greeting, session = greeted(asked(REGISTRY.methods["lasso"]))
    one = one_run(method)
    order = order_of(one)
    there = session.planned(order.runs[0], order.tasks)
    assert there == dataclasses.replace(one, task=there.task)
    assert there.task.fingerprint == one.task.fingerprint
    assert greeting.environment["jobs"] == 2
    assert session.preload == tuple(sorted(method.engine))


def test_a_task_that_was_read_need_not_be_said_again():
    _, session = greeted(asked(REGISTRY.methods["mean"]))
    order = order_of(one_run(REGISTRY.methods["mean"]))
    first = session.planned(order.runs[0], order.tasks)
    assert session.planned(order.runs[0], {}).task is first.task


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": "0"}, "has the key"),
        ({"method": "lasso"}, "was not greeted with"),
        ({"parameters": {"none": 1}}, "none"),
        ({"perturbation": {"none": 1}}, "no setting"),
        ({"task": "0"}, "was not said"),
        ({"seed": 5}, "has the key"),
    ],
)
def test_a_run_that_is_none_is_refused(change, said):
    _, session = greeted(asked(REGISTRY.methods["mean"]))
    order = order_of(one_run(REGISTRY.methods["mean"]))
    with pytest.raises(WireError, match=said):
        session.planned(dataclasses.replace(order.runs[0], **change), order.tasks)


def test_a_method_says_its_version_and_its_code():
    greeting, _ = greeted(asked(REGISTRY.methods["mean"]))
    code = greeting.installation.methods["mean"]
    assert (code.version, code.source, code.missing) == (
        REGISTRY.methods["mean"].version, code_fingerprint(REGISTRY.methods["mean"]), "",
    )  # fmt: skip


def test_a_method_that_is_not_there_is_said():
    greeting, _ = greeted(AskedMethod(name="elsewhere", elsewhere="elsewhere", environment=None))
    assert "unknown method 'elsewhere'" in greeting.installation.methods["elsewhere"].missing


def test_a_method_of_a_plugin_file_is_found_by_its_path(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN)
    own = AskedMethod(name="own", elsewhere="own", environment=None)
    greeting, session = greeted(own, plugins=(str(file),))
    assert greeting.installation.methods["own"].version == "3"
    assert session.plugins == (file,)
    file.unlink()
    greeting, _ = greeted(own, plugins=(str(file),))
    assert str(file) in greeting.installation.methods["own"].missing


def test_a_program_has_the_name_that_it_had_where_it_was_ordered(tmp_path, monkeypatch):
    program = tmp_path / "own"
    program.write_text("#!/bin/sh\necho 1\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    method = REGISTRY.method("command:./own")
    monkeypatch.chdir("/")
    greeting, session = greeted(asked(method))
    order = order_of(one_run(method))
    assert session.planned(order.runs[0], order.tasks).method.name == "command:./own"
    assert greeting.installation.methods["command:./own"].source == code_fingerprint(method)


def test_a_method_in_another_python_is_placed_there():
    there = record_interpreter(sys.executable, sys.executable, keep=False)
    mean = dataclasses.replace(asked(REGISTRY.methods["mean"]), environment=there)
    greeting, session = greeted(mean)
    assert greeting.installation.methods["mean"].missing == ""
    assert [place.broken for place in session.places.values()] == [None]


def test_an_environment_that_is_not_there_is_said():
    there = record_interpreter(sys.executable, sys.executable, keep=False)
    elsewhere = dataclasses.replace(there, name="no-such-environment")
    greeting, _ = greeted(dataclasses.replace(asked(REGISTRY.methods["mean"]), environment=elsewhere))
    assert "there is no environment no-such-environment" in greeting.installation.methods["mean"].missing


def test_the_session_that_was_used_longest_ago_goes(monkeypatch):
    monkeypatch.setattr(sessions, "_MAX_SESSIONS", 2)
    for name in ("a", "b", "c"):
        question = Question(session=name, methods=(), plugins=(), threads=1, memory_mb=1.0)
        greet(question, cores=1, memory_mb=None)
    assert [known_session(name) is not None for name in ("a", "b", "c")] == [False, True, True]
