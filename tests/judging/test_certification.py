"""Constants solved for with many digits, and the comparison that makes them certain."""

from __future__ import annotations

import math

import numpy as np
import pytest
from judge_parts import OVER, REAL, TWO, Limits, paired, parsed, settled

from srbench_lite.judging.agreement import HighPrecisionCheck
from srbench_lite.judging.certification import Certificate, certify
from srbench_lite.judging.constant_search import prepare_search
from srbench_lite.judging.cpu_deadline import OutOfTimeError
from srbench_lite.judging.sample_points import Reference


def certified(reference: Reference, begin: list[float] | None = None, *, as_written: bool = False) -> Certificate:
    pair = reference.pair
    check = HighPrecisionCheck(pair=pair, size=reference.size, holes=np.zeros((0, len(pair.domain.names))))
    search = prepare_search(reference, pair.found)
    with np.errstate(all="ignore"):
        return certify(
            check, reference, search, search.start if begin is None else np.array(begin), as_written=as_written
        )


def test_constants_that_make_it_the_truth() -> None:
    certificate = certified(settled("2.01*sin(1.51*x)", "2*sin(1.5*x)"), [2.0000001, 1.4999999])
    assert certificate.constants == [2.0, 1.5]
    assert certificate.is_settled
    assert certificate.is_solved
    assert certificate.by == "16 points, 80 digits, up to 1e+07 times the domain"


def test_a_number_that_occurs_twice_is_given_twice() -> None:
    reference = settled("1.51*x + 1.5100001*x**2", "1.5*x + 1.5*x**2")
    search = prepare_search(reference, reference.pair.found, alike_are_one=True)
    check = HighPrecisionCheck(pair=reference.pair, size=reference.size, holes=np.zeros((0, 1)))
    assert certify(check, reference, search, np.array([1.5, 2.0])).constants == [1.5, 1.5, 2.0]


def test_constants_as_written_stay_as_they_are() -> None:
    certificate = certified(settled("0.1*x + 0.2*x", "0.3*x"), as_written=True)
    assert certificate.constants == [0.1, 0.2]
    assert certificate.is_solved


@pytest.mark.parametrize(
    ("found", "truth"),
    [("2.5*x", "2.5*x + 1"), ("2.5*sin(x)", "cos(x)")],
)
def test_where_nothing_solves_the_equations(found: str, truth: str) -> None:
    certificate = certified(settled(found, truth))
    assert certificate.constants is None
    assert certificate.is_settled
    assert certificate.by == ""


def test_what_agrees_at_the_points_of_the_search_only_is_refused() -> None:
    reference = settled("1.5*x", "max(1.5*x, -4.49)")  # another thing in a corner
    certificate = certified(reference, as_written=True)
    assert certificate == Certificate(constants=None, is_settled=True, is_solved=True)


def test_a_hole_is_certain() -> None:
    reference = settled("2.5*x + 0*log(x + 2.9)", "2.5*x")
    check = HighPrecisionCheck(pair=reference.pair, size=reference.size, holes=np.array([[-2.95]]))
    search = prepare_search(reference, reference.pair.found)
    certificate = certify(check, reference, search, search.start)
    assert certificate == Certificate(constants=None, is_settled=True, is_solved=True)


def test_what_no_digits_settle_is_open() -> None:
    found = "cosh(x)**2 - sinh(x)**2 + 0*y"
    certificate = certified(settled(found, "1 + 0*y", {"x": (40.0, 45.0), "y": (0.0, 1.0)}), as_written=True)
    assert certificate.constants is not None  # 320 digits do
    blind = settled("x*y + (y + 1e100 - 1e100)", "x*y", TWO)
    assert blind.is_blind
    assert certified(blind, as_written=True) == Certificate(constants=None, is_settled=True, is_solved=True)
    assert not certified(blind).is_settled  # without a look at the numbers as written nothing is known


@pytest.mark.parametrize(
    ("found", "truth", "limits"),
    [
        ("1.01*(exp(1e-12*x) - 1)", "exp(1.02e-12*x) - 1", REAL),
        ("2.01*x + (1e20 - 1e20)*y + 1e19 - 1e19", "2*x", TWO),
    ],
)
def test_where_float64_is_rounding(found: str, truth: str, limits: Limits) -> None:
    reference = settled(found, truth, limits)
    assert reference.is_precise
    certificate = certified(reference)
    assert certificate.is_settled
    if certificate.constants is not None:
        assert all(math.isfinite(c) for c in certificate.constants)


def test_certification_ends_in_time() -> None:
    reference = settled("2.01*x", "2*x")
    late = paired("2.01*x", "2*x", deadline=OVER)
    check = HighPrecisionCheck(pair=late, size=1.0, holes=np.zeros((0, 1)))
    search = prepare_search(reference, parsed("2.01*x"))
    with pytest.raises(OutOfTimeError):
        certify(check, reference, search, search.start)
