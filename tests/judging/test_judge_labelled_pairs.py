"""The judge on pairs whose verdict is known, and on formulas that real packages returned: its published error rates."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hard_pair_kinds import KINDS
from labelled_pairs import LabelledPair, collected_pairs, fresh_pairs, generated_pairs, peer_formulas
from make_hard_pairs import drawn
from make_pairs import partners
from random_truths import Truth, best_deviation, deviation, random_truths

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.judge import Verdict, VerdictWord, judge
from srbench_lite.problems.sampling import Sampling

ALLOWED = {
    "exact": {"exact"},
    "recovered": {"recovered", "exact"},
    "neither": {"affine", "different"},
    "not different": set(VerdictWord) - {VerdictWord.DIFFERENT},
    "by effect": set(VerdictWord),
}


class Rates:
    """What the judge said about pairs: counts of words, and those that contradict the label."""

    def __init__(self, pairs: Sequence[LabelledPair]) -> None:
        self.pairs = pairs
        self.verdicts = [judge(pair.found, pair.truth, pair.domain) for pair in pairs]
        self.wrong = [
            f"{pair.name} ({pair.kind}): {verdict.word} by {verdict.by}\n  {pair.found}\n  {pair.truth}"
            for pair, verdict in zip(pairs, self.verdicts, strict=True)
            if verdict.word not in ALLOWED[pair.label]
        ]

    def count(self, label: str, kind: str = "") -> Counter[str]:
        return Counter(
            str(verdict.word)
            for pair, verdict in zip(self.pairs, self.verdicts, strict=True)
            if pair.label == label and pair.kind.startswith(kind)
        )

    @property
    def undecided(self) -> float:
        return sum(verdict.word == VerdictWord.UNDECIDED for verdict in self.verdicts) / len(self.pairs)


def check_rates(rates: Rates) -> None:
    rewritten = rates.count("exact", "rew")
    assert rewritten["exact"] >= 0.99 * rewritten.total(), "\n".join(rates.wrong)
    equal = rates.count("exact")
    assert equal["exact"] >= 0.99 * equal.total(), "\n".join(rates.wrong)
    near = rates.count("recovered")
    assert near["exact"] + near["recovered"] >= 0.95 * near.total(), "\n".join(rates.wrong)
    other = rates.count("neither")
    assert other["exact"] + other["recovered"] <= 0.002 * other.total(), "\n".join(rates.wrong)
    assert rates.undecided <= 0.01, "\n".join(rates.wrong)


def test_collected_pairs() -> None:
    pairs = collected_pairs()
    assert len(pairs) == 338
    rates = Rates(pairs)
    check_rates(rates)
    neither = rates.count("neither")
    assert neither["exact"] + neither["recovered"] == 0, "\n".join(rates.wrong)
    check_effects(rates)


def check_effects(rates: Rates) -> None:
    """Of 60 mutants `+ 5e-5*v1`, those whose term is negligible on the domain are recovered, and no others."""
    of_effect = [
        (pair, verdict.word)
        for pair, verdict in zip(rates.pairs, rates.verdicts, strict=True)
        if pair.label == "by effect"
    ]
    assert len(of_effect) == 60
    for pair, word in of_effect:
        rng = np.random.default_rng(3)
        columns = {name: sampling.draw_fresh(4000, rng) for name, sampling in pair.domain.items()}
        with np.errstate(all="ignore"):
            y, other = pair.truth(columns), pair.found(columns)
        finite = np.isfinite(y) & np.isfinite(other)
        effect = float(np.max(np.abs(y - other)[finite])) / float(np.std(y[finite]))
        if effect < 2e-4:
            assert word in ("exact", "recovered"), (pair, effect)
        if effect > 5e-3:
            assert word in ("affine", "different"), (pair, effect)


def test_a_part_of_the_generated_pairs() -> None:
    pairs = generated_pairs()
    assert len(pairs) >= 2000
    assert {len(pair.truth.variables) for pair in pairs} == {1, 2, 3, 4, 5}
    check_rates(Rates(pairs[::10]))


@pytest.mark.slow
def test_all_generated_pairs() -> None:
    check_rates(Rates(generated_pairs()))


def check_hard_kinds(pairs: Sequence[LabelledPair]) -> None:
    rates = Rates(pairs)
    assert len(rates.wrong) <= 0.05 * len(pairs), "\n".join(rates.wrong)
    narrow = rates.count("neither", "narrow feature")
    assert narrow["exact"] + narrow["recovered"] == 0, "\n".join(rates.wrong)


def test_a_part_of_the_hard_kinds() -> None:
    pairs = [pair for pair in fresh_pairs() if pair.kind in KINDS]
    assert set(Counter(pair.kind for pair in pairs).values()) == {50}
    check_hard_kinds(pairs[::23])


@pytest.mark.slow
def test_all_fresh_pairs() -> None:
    hard = [pair for pair in fresh_pairs() if pair.kind in KINDS]
    check_hard_kinds(hard)
    check_rates(Rates([pair for pair in fresh_pairs() if pair.kind not in KINDS]))


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_peer_formulas(step: int) -> None:
    """Every formula of a real package gets a verdict; what is the truth is recognised, what is far off is not."""
    formulas = peer_formulas()
    assert len(formulas) >= 570
    formulas = formulas[::step]
    answers: list[tuple[float, Verdict]] = [(p.deviation, judge(p.found, p.truth, p.domain)) for p in formulas]
    undecided = sum(verdict.word == VerdictWord.UNDECIDED for _, verdict in answers)
    assert undecided <= 0.01 * len(answers)
    near = [verdict.recovered for deviation, verdict in answers if deviation < 1e-9]
    assert len(near) > 150 // step
    assert sum(near) >= 0.99 * len(near)
    far = [verdict for deviation, verdict in answers if deviation > 2e-2]
    assert len(far) > 150 // step
    assert not any(verdict.recovered for verdict in far)


# --- the generator itself ---------------------------------------------------------------------------------------------


def test_the_generator_repeats_itself_and_labels_what_it_says() -> None:
    def drawn() -> list[tuple[str, str, str, str]]:
        rng = random.Random(4)
        return [
            (str(truth.formula), str(found), label, kind)
            for truth in random_truths(6, rng)
            for found, label, kind in partners(truth, rng)
        ]

    pairs = drawn()
    assert pairs == drawn()
    assert {label for _, _, label, _ in pairs} == {"exact", "recovered", "neither"}
    assert all(found != truth for truth, found, _, _ in pairs)


@pytest.mark.parametrize("kind", KINDS)
def test_hard_pairs_repeat_themselves(kind: str) -> None:
    first, again = (list(drawn(kind, 3, random.Random(5))) for _ in range(2))
    assert first == again
    for truth, found, label, _, domain in first:
        assert truth != found
        assert label in ALLOWED
        assert set(Expression.parse(found, variables=domain).variables) <= set(domain)


def test_the_generator_recognises_what_is_equal() -> None:
    domain = {"x": Sampling(low=0.5, high=3.0)}
    truth = Truth(Expression.parse("2*sin(x)*cos(x) + 1.5"), domain, random.Random(1))
    assert truth.is_good
    assert deviation(Expression.parse("sin(2*x) + 1.5"), truth) < 1e-60
    assert deviation(Expression.parse("sin(2*x) + 1.6"), truth) > 0.1
    assert deviation(Expression.parse("log(x - 1)"), truth) == float("inf")  # undefined on part of the domain
    assert best_deviation(Expression.parse("sin(2.01*x) + 1.51"), truth, 0.0101) < 1e-9
    assert best_deviation(Expression.parse("sin(2.1*x) + 1.51"), truth, 0.0101) > 1e-3
    constant = Truth(Expression.parse("0*x + 1.5"), domain, random.Random(1))
    assert not constant.is_good
