"""What is found of suites: each kind of fault, what makes it a noted one, and what is only remarked on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import expressions, samplings

from srbench_lite.checking.suite_check import check_suite, check_task, same_formulas
from srbench_lite.errors import SuiteError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import discover
from srbench_lite.problems.deferred_tasks import DeferredTasks
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.suite import Suite
from srbench_lite.problems.task import Task


def line(low=1.0, high=2.0):
    return Sampling(low=low, high=high)


def tiny(low=1e-18, high=1e-16):
    return Sampling(low=low, high=high, sampling="log")


def task(truth, name="t", suite="s", **changes):
    expression = Expression.parse(truth)
    variables = {variable: line() for variable in expression.variables or ("x",)}
    parts = {"name": f"{suite}/{name}", "suite": suite, "truth": expression, "variables": variables}
    return Task(**(parts | changes))


FAULTY = {
    "truth": (task("3.3"), "the truth 3.3 has one value on its domain, 3.3"),
    "undefined": (
        task("sqrt(x - 1)", variables={"x": line(0, 2)}), "the truth is undefined on 5",
    ),
    "rounding": (
        task("1 - cos(x)", variables={"x": line(0, 3e-8)}), "y in float64 is off by ",
    ),
    "hidden": (
        task("m*(1 + v)", variables={"m": line(), "v": tiny()}),
        "points in float64 cannot show the truth: the term v of 1 + v changes y by at most 1e-16 of itself",
    ),
    "pole": (
        task("y/(x - 1.5)"), "the truth has a pole: x - 1.5 is zero inside the domain, such as at x = 1.5",
    ),
    "dimension": (task("x + y", units={"x": "m", "y": "s"}, target_unit="m"), ""),
    "note": (
        task("x + y", unidentifiable="y is small"),
        "points in float64 show every part of the truth; leave out unidentifiable = 'y is small'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAULTY)
def test_each_kind_of_fault_is_found(kind):
    faulty, text = FAULTY[kind]
    findings = [finding for finding in check_task(faulty) if finding.kind == kind]
    (finding,) = findings
    assert finding.level == "fault"
    assert finding.text.startswith(text)
    assert (finding.suite, finding.task, finding.note) == ("s", "s/t", "")


@pytest.mark.parametrize("kind", [kind for kind in FAULTY if kind != "note"])
def test_what_a_task_tells_of_itself_is_noted(kind):
    import dataclasses

    faulty, _ = FAULTY[kind]
    known = {"unidentifiable": "known"} if kind == "hidden" else {"erratum": "known"}
    (finding,) = [f for f in check_task(dataclasses.replace(faulty, **known)) if f.kind == kind]
    assert (finding.level, finding.note) == ("noted", "known")


def test_a_sound_task_has_no_finding():
    for truth in ("x**2 + y", "sin(x)/x", "exp(-x**2)*sin(3*x)"):
        assert check_task(task(truth)) == []


def test_small_values_that_are_rounding_are_a_fault():
    """1 - cos(x) is right where it is large, and garbage at most of these points."""
    small = task("1 - cos(x)", variables={"x": tiny(1e-14, 1.0)})
    faults = [(f.kind, f.level) for f in check_task(small)]
    assert faults == [("rounding", "fault")]


def test_little_is_remarked_on():
    small = task("log(x - 1.001)")
    hardly = task("y + 1/(1 + x)", variables={"y": line(), "x": tiny(1e-13, 1e-12)})
    assert [(f.kind, f.level) for f in check_task(small)] == [("undefined", "remark")]
    assert [(f.kind, f.level) for f in check_task(hardly)] == [("hidden", "remark")]


def test_a_huge_truth_is_said_not_to_be_searched():
    (finding,) = check_task(task(" + ".join(f"sin({k}*x)" for k in range(1, 80))))
    assert (finding.kind, finding.level) == ("hidden", "remark")
    assert finding.text == "the truth has 394 nodes; of more than 300 no hidden terms are looked for"


@settings(max_examples=60)
@given(formula=expressions(), domain=samplings(), data=st.data())
def test_any_truth_on_any_domain_is_checked(formula, domain, data):
    variables = {name: data.draw(samplings()) for name in formula.variables} or {"x": domain}
    try:
        drawn = Task(name="s/t", suite="s", truth=formula, variables=variables)
    except SuiteError:
        return
    assert {finding.level for finding in check_task(drawn)} <= {"fault", "remark"}


def test_measured_data_without_a_truth_has_nothing_to_check():
    from srbench_lite.problems.data import Samples

    data = Samples.from_columns({"x": [1.0, 2.0, 3.0]}, [1.0, 2.0, 4.0])
    measured = Task(
        name="s/m", suite="s", truth=None, variables={"x": line(1, 3)}, data=data, n_train=2, n_test=1,
    )  # fmt: skip
    assert check_task(measured) == []


def test_a_suite_that_cannot_be_read_is_one_fault():
    def load():
        raise SuiteError("line 3 is wrong")

    broken = Suite(name="s", summary="", tasks=DeferredTasks("s", load, count=1, counts=(1, 1)))
    (finding,) = check_suite(broken)
    assert (finding.kind, finding.level, finding.text) == ("file", "fault", "line 3 is wrong")
    assert same_formulas([broken], {"s": broken}) == []


def test_formulas_that_other_tasks_have_too():
    one = Suite(name="s", summary="", tasks=(task("a**2 + b", "one"), task("q + p**2", "two"), task("x", "three")))
    other = Suite(name="o", summary="", tasks=(task("x + y*y", "far", suite="o"), task("2*x", "not", suite="o")))
    (finding,) = same_formulas([one], {"o": other, "s": one})
    assert (finding.task, finding.level, finding.kind) == ("s/one", "remark", "duplicate")
    assert finding.text == "a**2 + b is the formula of s/two and o/far too"
    assert [f.task for f in same_formulas([other], {"s": one})] == ["o/far"]


def test_a_task_taken_over_whole_is_the_same_task():
    one = Suite(name="s", summary="", tasks=(task("a**2 + b", "one"),))
    copy = Suite(name="c", summary="", tasks=(replace(one.tasks[0], name="c/one", suite="c"),))
    assert same_formulas([one], {"s": one, "c": copy}) == []


def test_no_shipped_suite_has_a_fault():
    """Faults that are known are told in the tasks; what they say of float64 is what the check finds."""
    suites = discover().suites.values()
    seen: list[Task] = []
    findings = [finding for suite in suites for finding in check_suite(suite, seen.append)]
    assert [finding for finding in findings if finding.level == "fault"] == []
    hidden = {finding.task for finding in findings if finding.kind == "hidden" and finding.level == "noted"}
    assert hidden == {task.name for task in seen if task.unidentifiable}
    assert {name.partition("/")[2] for name in hidden if name.startswith("srsd/")} == {
        "I.41.16", "II.36.38", "III.15.12", "III.17.37", "bonus.4", "bonus.11", "bonus.16", "bonus.17",
    }  # fmt: skip
