"""SymPy's word: what it proves, what it is not asked, and what its process costs."""

from __future__ import annotations

import pytest
from judge_parts import NEVER, OVER, parsed

from srbench_lite.expressions.sympy_child import ChildAnswer
from srbench_lite.judging import sympy_proof
from srbench_lite.judging.cpu_deadline import CpuDeadline
from srbench_lite.judging.sympy_proof import Proof, prove


def proved(one: str, other: str, *, positive: tuple[str, ...] = (), deadline: CpuDeadline = NEVER) -> Proof:
    return prove(parsed(one), parsed(other), positive=positive, deadline=deadline)


def test_an_identity_is_proved() -> None:
    proof = proved("sin(x)**2 + cos(x)**2", "1")
    assert proof.is_equal
    assert proof.cpu_seconds > 0


def test_another_function_is_not() -> None:
    assert not proved("sin(x)", "cos(x)").is_equal


def test_variables_may_be_positive() -> None:
    assert not proved("sqrt(x**2)", "x").is_equal
    assert proved("sqrt(x**2)", "x", positive=("x",)).is_equal


def test_what_is_not_given_to_sympy() -> None:
    many = "+".join(["x"] * 150)
    assert proved(many, "150*x") == Proof(is_equal=False, cpu_seconds=0.0)
    assert proved("x", "x", deadline=OVER) == Proof(is_equal=False, cpu_seconds=0.0)


def test_sympy_is_stopped_and_what_it_used_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(expr: object) -> None:
        while True:
            pass

    monkeypatch.setattr("sympy.simplify", endless)
    monkeypatch.setattr(sympy_proof, "_MAX_CPU_SECONDS", 0.1)
    proof = proved("2*x", "x + x")
    assert not proof.is_equal
    assert proof.cpu_seconds > 0.05


def test_sympy_gets_no_more_than_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = []

    def run_in_child(work: object, *, cpu_seconds: float, wall_seconds: float) -> object:
        limits.append((cpu_seconds, wall_seconds))
        return ChildAnswer("equal", 0.25)

    monkeypatch.setattr(sympy_proof, "run_in_child", run_in_child)
    monkeypatch.setattr("time.thread_time", lambda: 10.0)
    monkeypatch.setattr("time.monotonic", lambda: 70.0)
    assert proved("x", "x", deadline=CpuDeadline(cpu=10.5, earliest=70.5, wall=80.0)) == Proof(
        is_equal=True, cpu_seconds=0.25
    )
    assert proved("x", "x", deadline=CpuDeadline(cpu=15.0, earliest=75.0, wall=80.0)).is_equal
    assert limits == [(0.5, 10.0), (2.0, 10.0)]
