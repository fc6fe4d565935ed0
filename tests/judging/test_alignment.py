"""What moving constants leads to: attempts put together, held constants, shared changes, one more constant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge_parts import REAL, TWO, Limits, parsed, screened

from srbench_lite.judging import alignment
from srbench_lite.judging.alignment import (
    Alignment,
    align,
    align_up_to_a_constant,
    redistribute_changes,
    which_constants_to_hold,
)
from srbench_lite.judging.constant_search import closeness, prepare_search
from srbench_lite.judging.verdict import Ruling, VerdictWord

NONE: frozenset[int] = frozenset()


def aligned(found: str, truth: str, limits: Limits = REAL, *, alike_are_one: bool = False) -> Alignment:
    screen = screened(found, truth, limits)
    with np.errstate(all="ignore"):
        return align(screen, screen.vanishing, alike_are_one=alike_are_one)


def words(answer: Alignment) -> tuple[str | None, str | None]:
    return (None, None) if answer.ruling is None else (str(answer.ruling.word), answer.ruling.aligned)


# --- attempts put together ----------------------------------------------------------------------------------------

alignments = st.builds(
    Alignment,
    ruling=st.none() | st.builds(Ruling, st.sampled_from(VerdictWord), st.sampled_from("ab")),
    is_settled=st.booleans(),
    is_near=st.booleans(),
    objection=st.sampled_from(("", "far", "farther")),
    is_hidden=st.booleans(),
)


@given(alignments, alignments, alignments)
def test_how_attempts_are_grouped_does_not_matter(one: Alignment, two: Alignment, three: Alignment) -> None:
    assert one.then(two).then(three) == one.then(two.then(three))
    assert Alignment().then(one) == one == one.then(Alignment())


def test_the_best_verdict_and_the_last_objection_stay() -> None:
    exact, recovered = Ruling(VerdictWord.EXACT, "a"), Ruling(VerdictWord.RECOVERED, "b")
    total = Alignment(ruling=recovered, objection="one").then(Alignment(ruling=exact, is_near=True, objection="two"))
    assert total == Alignment(ruling=exact, is_near=True, objection="two")
    assert total.is_exact
    assert not Alignment(ruling=recovered).is_exact
    assert Alignment(objection="one").then(Alignment(is_settled=False)) == Alignment(objection="one", is_settled=False)


def test_the_search_ends_with_the_first_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    attempt = alignment._attempt

    def counted(*args: object, **options: object) -> Alignment:
        tried.append(args)
        return attempt(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(alignment, "_attempt", counted)
    assert aligned("2*x + 1e-12", "2*x").is_exact
    assert len(tried) == 1


# --- constants that move ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "truth", "word", "text"),
    [
        ("2.01*x", "2*x", "recovered", "2*x"),
        ("2.0000001*x", "2*x", "exact", "2*x"),
        ("sin(x)**2 + cos(x)**2", "1", "exact", "sin(x)**2 + cos(x)**2"),
        ("2.01*x + 1e-5", "2*x", "recovered", "2*x + 0"),
        ("x + 1e-12*sin(x)", "x", "exact", "x + 0*sin(x)"),
        ("1.02*(1.02*x)", "1.0404*x", "exact", "1.02*(1.02*x)"),
    ],
)
def test_the_best_verdict_is_found(found: str, truth: str, word: str, text: str) -> None:
    answer = aligned(found, truth)
    assert words(answer) == (word, text)
    assert answer.is_near
    assert answer.is_settled


def test_constants_too_far_are_an_objection() -> None:
    answer = aligned("3.06*x + x**2", "3*x + x**2")
    assert answer == Alignment(is_near=True, objection="it is the truth only with a constant moved by 0.02 of itself")


def test_where_nothing_comes_near_nothing_is_said() -> None:
    answer = aligned("x + 2e-5*x**3", "x - 2e-5*x**3")
    assert answer.ruling is None or answer.ruling.word == VerdictWord.RECOVERED  # by leaving the term out
    assert aligned("x + 5", "x") == Alignment()  # five is no number near zero


def test_nearly_equal_constants_as_one() -> None:
    screen = screened("(x + 1.0012)*(x + 0.9989)", "(x + 1)**2")
    with np.errstate(all="ignore"):
        answer = align(screen, [NONE], alike_are_one=True)
    assert words(answer) == ("recovered", "(x + 1)*(x + 1)")


def test_very_many_constants_settle_nothing() -> None:
    found = " + ".join(f"{i}.25*x" for i in range(250))
    answer = aligned(found, "32000*x")
    assert answer.ruling is None
    assert not answer.is_settled


# --- constants that are held --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "truth", "hold", "near"),
    [
        ("2.0123*x", "2*x", (False,), False),  # no constant of few digits: nothing to hold
        ("2.5*x", "2.5*x", (True, False), True),  # close as it is
        ("2.5*x + 0.1234", "2.5*x + 0.1235", (True, False), True),  # close when it moves
        ("x + 5", "x", (), False),  # nothing moves it there: not worth trying again
    ],
)
def test_which_constants_to_hold(found: str, truth: str, hold: tuple[bool, ...], near: bool) -> None:
    screen = screened(found, truth)
    search = prepare_search(screen.reference, parsed(found))
    held = which_constants_to_hold(screen, search, closeness(screen.reference, search))
    assert (held.hold_short, held.is_near) == (hold, near)


def test_constants_of_few_digits_are_meant() -> None:
    answer = aligned("2*sin(x + 1.2345) + 0*y", "2*sin(x + 1.2346) + 0*y", TWO)
    assert words(answer) == ("recovered", "2*sin(x + 1.2346) + 0*y")


# --- changes that are shared --------------------------------------------------------------------------------------


def test_a_large_change_is_shared() -> None:
    screen = screened("1.51*2.51*x", "3.7501*x")  # the product is 1.1 % off: half of it each
    answer = redistribute_changes(screen, screen.terms.formula, [3.7501 / 2.51, 2.51], NONE)
    assert answer.ruling is not None
    assert answer.ruling.word == VerdictWord.RECOVERED
    first, second = parsed(str(answer.ruling.aligned)).constants
    assert first * second == pytest.approx(3.7501, rel=1e-12)
    assert first / 1.51 == pytest.approx(second / 2.51, rel=1e-3)


@pytest.mark.parametrize(
    ("constants", "why"),
    [
        ([1.51, 2.51], "nothing moved"),
        ([1.51 * 1.2, 2.51], "it moved too far for sharing to help"),
        ([1.51 * (1 + 1e-7), 2.51], "it moved less than exact allows"),
    ],
)
def test_where_sharing_is_no_help(constants: list[float], why: str) -> None:
    screen = screened("1.51*2.51*x", "3.7901*x")
    assert redistribute_changes(screen, screen.terms.formula, constants, NONE) == Alignment(), why


def test_what_no_other_constant_can_do_is_not_shared() -> None:
    screen = screened("2.03*sin(x)", "2*sin(x)")
    assert redistribute_changes(screen, screen.terms.formula, [2.0], NONE) == Alignment()


# --- one more constant --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "truth", "by", "text"),
    [
        ("sin(x) + 5", "sin(x)", "up to an additive constant", "sin(x) + 5 + -5"),
        ("sin(x)", "sin(x) + 5", "up to an additive constant", "sin(x) + 5"),
        ("3*sin(x)", "-2*sin(x)", "up to a multiplicative constant", None),
    ],
)
def test_an_offset_or_a_factor(found: str, truth: str, by: str, text: str | None) -> None:
    with np.errstate(all="ignore"):
        answer = align_up_to_a_constant(screened(found, truth))
    assert answer.ruling is not None
    assert answer.ruling.word == VerdictWord.AFFINE
    assert answer.ruling.by.startswith(f"{by}; 16 points, 80 digits")
    x = np.linspace(-2.0, 2.0, 9)
    assert np.allclose(parsed(str(answer.ruling.aligned))({"x": x}), parsed(truth)({"x": x}))


def test_a_constant_that_was_not_needed_is_left_out() -> None:
    with np.errstate(all="ignore"):
        answer = align_up_to_a_constant(screened("2.01*sin(x)", "2*sin(x)"))
    assert words(answer) == ("recovered", "2*sin(x)")


def test_where_no_constant_helps() -> None:
    with np.errstate(all="ignore"):
        assert align_up_to_a_constant(screened("1.1*sin(x)", "sin(x) + 2e-6*x**2")) == Alignment()
