"""Statistics against published values and tables, against SciPy, and against what they promise (by simulation)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from srbench_lite.comparing.statistics import (
    Interval,
    Judgement,
    detectable_effect,
    holm,
    judgement,
    mean_intervals,
    median_interval,
    rank_biserial,
    signed_rank,
    standard_error,
    stratified,
    wilson_interval,
)

#: Newcombe, Two-sided confidence intervals for the single proportion, Stat. Med. 17 (1998), table I, method 3.
NEWCOMBE = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("hits", "n", "low", "high"), NEWCOMBE)
def test_wilson_as_published(hits, n, low, high):
    interval = wilson_interval(hits / n, n)
    assert interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_as_scipy(case):
    hits, n = case
    expected = stats.binomtest(hits, n).proportion_ci(confidence_level=0.95, method="wilson")
    assert wilson_interval(hits / n, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_wilson_holds_the_rate_and_stays_between_0_and_1(rate, n):
    """Rates that are averages of averages, too."""
    interval = wilson_interval(rate, n)
    assert interval is not None
    assert 0 <= interval.low <= rate <= interval.high <= 1


def test_wilson_touches_the_ends_only_there():
    assert wilson_interval(0.0, 7).low == 0.0
    assert wilson_interval(1.0, 7).high == 1.0
    assert wilson_interval(1 / 7, 7).low > 0
    assert wilson_interval(6 / 7, 7).high < 1


def test_no_units_no_interval():
    assert wilson_interval(0.0, 0) is None
    assert median_interval(np.array([])) is None


# --- medians --------------------------------------------------------------------------------------------------------


def test_a_single_value_is_its_own_interval():
    assert median_interval(np.array([3.5])) == Interval(3.5, 3.5)
    assert median_interval(np.full(40, 3.5)) == Interval(3.5, 3.5)


def test_the_interval_is_the_same_every_time_and_in_every_order():
    values = np.random.default_rng(0).normal(size=300)
    first = median_interval(values)
    assert first == median_interval(values[::-1].copy()) == median_interval(values)
    assert first != median_interval(values, seed=1)


def test_the_values_are_left_alone():
    values = np.array([3.0, 1.0, 2.0])
    median_interval(values)
    assert values.tolist() == [3.0, 1.0, 2.0]


def test_median_interval_as_scipy():
    values = np.random.default_rng(3).exponential(size=60)
    expected = stats.bootstrap(
        (values,), np.median, n_resamples=5000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    interval = median_interval(values)
    spacing = np.median(np.diff(np.sort(values)))
    assert interval.low == pytest.approx(expected.low, abs=3 * spacing)
    assert interval.high == pytest.approx(expected.high, abs=3 * spacing)


def test_coverage():
    """Of 300 intervals, about 95 % hold the true median (0); binomial bounds so wide that chance fails them never."""
    rng = np.random.default_rng(12)
    held = sum(i.low <= 0 <= i.high for i in (median_interval(rng.normal(size=25), seed=k) for k in range(300)))
    assert 0.90 <= held / 300 <= 0.99


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_bounds_lie_within_the_values(values):
    """Numbers near the largest float, too: halves are taken before sums."""
    interval = median_interval(np.array(values))
    assert min(values) <= interval.low <= interval.high <= max(values)


@pytest.mark.parametrize("worst", [-math.inf, math.inf])
def test_failed_tasks_reach_the_bounds_as_infinity(worst):
    most = median_interval(np.array([worst] * 9 + [1.0]))
    some = median_interval(np.array([worst] * 4 + [1.0] * 6))
    few = median_interval(np.array([worst] + [1.0] * 30))
    assert most == Interval(worst, worst)
    assert (some.low if worst < 0 else some.high) == worst
    assert (some.high if worst < 0 else some.low) == 1.0
    assert few == Interval(1.0, 1.0)


def test_many_tasks_stay_within_memory():
    """Resampling a thousand times at once would take 240 MB here."""
    import tracemalloc

    values = np.arange(30_000, dtype=np.float64)
    tracemalloc.start()
    interval = median_interval(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert interval.low < 14_999.5 < interval.high
    assert peak < 8e7


# --- means ----------------------------------------------------------------------------------------------------------


def test_the_interval_of_a_mean_as_scipy():
    values = np.random.default_rng(4).normal(size=80)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    (interval,) = mean_intervals(values)
    assert interval == pytest.approx((expected.low, expected.high), abs=0.03)
    assert mean_intervals(np.array([2.0])) == (Interval(2.0, 2.0),)


def test_many_clusters_are_as_good_as_normal():
    values = np.random.default_rng(4).normal(1.0, 2.0, size=4000)
    (interval,) = mean_intervals(values)
    error = 1.959964 * values.std() / math.sqrt(4000)
    assert interval == pytest.approx((values.mean() - error, values.mean() + error), abs=1e-6)
    (fewer,) = mean_intervals(values[:1999])
    assert fewer.high - fewer.low == pytest.approx(2 * 1.96 * values[:1999].std() / math.sqrt(1999), rel=0.1)


@pytest.mark.parametrize("families", [30, 2100])
def test_families_that_move_together_widen_the_interval_to_what_it_promises(families):
    """Four alike tasks a family: resampled by family the interval holds as often as it says, by task it does not."""
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(families), 4)
    held = naive = 0
    for k in range(200):
        values = np.repeat(rng.normal(size=families), 4) + 0.1 * rng.normal(size=4 * families)
        (found,), (alone,) = mean_intervals(values, clusters, seed=k), mean_intervals(values, seed=k)
        held += found.low <= 0 <= found.high
        naive += alone.low <= 0 <= alone.high
    assert 0.88 <= held / 200 <= 0.99
    assert naive / 200 < 0.8


def test_a_level_is_kept():
    values = np.random.default_rng(6).normal(size=200)
    wide, narrow = mean_intervals(values, levels=(0.99, 0.8))
    assert wide.low < narrow.low < narrow.high < wide.high


# --- tests of pairs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "critical"), [(6, 0), (8, 3), (10, 8), (12, 13), (15, 25), (20, 52), (25, 89)])
def test_signed_ranks_as_in_the_tables(n, critical):
    """The largest sum of the rarer sign that is significant, two-sided, at 0.05 (Siegel 1956, table G)."""

    def p_value(total: int) -> float:
        signs = np.ones(n)
        for rank in range(n, 0, -1):  # negative ranks that sum to `total`
            if rank <= total:
                signs[rank - 1] = -1
                total -= rank
        assert total == 0
        return signed_rank(signs * np.arange(1, n + 1))

    assert p_value(critical) <= 0.05 < p_value(critical + 1)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9), st.sampled_from(["two-sided", "less", "greater"]))
def test_signed_ranks_are_counted_out_over_all_signs(values, alternative):
    """Against every one of 2^n assignments of signs, with ties and zeros."""
    differences = np.array(values, dtype=float) / 5
    ranked = stats.rankdata(np.abs(values))
    kept = ranked[differences != 0]
    seen = float(ranked[differences > 0].sum())
    sums = np.array([sum(r for r, s in zip(kept, signs, strict=True) if s) for signs in
                     itertools.product((0, 1), repeat=len(kept))])  # fmt: skip
    less, greater = np.mean(sums <= seen + 1e-9), np.mean(sums >= seen - 1e-9)
    wanted = {"less": less, "greater": greater, "two-sided": min(1.0, 2 * min(less, greater))}[alternative]
    assert signed_rank(differences, alternative) == pytest.approx(wanted if len(kept) else 1.0)


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_signed_ranks_as_scipy(alternative):
    rng = np.random.default_rng(7)
    few, many = rng.normal(0.2, 1, 40), np.round(rng.normal(0.05, 1, 400), 1)
    exact = stats.wilcoxon(few, method="exact", alternative=alternative).pvalue
    assert signed_rank(few, alternative) == pytest.approx(exact)
    near = stats.wilcoxon(many, zero_method="pratt", method="asymptotic", alternative=alternative).pvalue
    assert signed_rank(many, alternative) == pytest.approx(near)
    assert signed_rank(many[:100], alternative) == pytest.approx(
        stats.wilcoxon(many[:100], zero_method="pratt", method="asymptotic", alternative=alternative).pvalue, abs=0.01
    )


@pytest.mark.parametrize("zeros", [20, 395, 50_000])
def test_few_differences_among_many_zeros_are_signs(zeros):
    """Five of five above zero: chance alone does that, to either side, in 2 of 32 cases, however many are zero."""
    assert signed_rank(np.array([0.5] * 5 + [0.0] * zeros)) == pytest.approx(2 / 32)
    assert signed_rank(np.array([0.5] * 5 + [0.0] * zeros), "greater") == pytest.approx(1 / 32)


def test_ranks_too_large_to_be_counted_are_normal():
    differences = np.concatenate([np.arange(1, 91), -np.arange(1, 31), np.zeros(100_000)])[20:]
    ranked = stats.rankdata(np.abs(differences)) * np.sign(differences)
    expected = 2 * stats.norm.sf(abs(ranked.sum()) / np.sqrt(np.sum(ranked**2)))
    assert signed_rank(differences) == pytest.approx(expected)


def test_differences_of_averages_that_are_alike_are_ties():
    assert signed_rank(np.array([0.6 - 0.4, 0.4 - 0.2, -(0.8 - 0.6), -0.2])) == 1.0
    assert signed_rank(np.array([0.1 + 0.2 - 0.3])) == 1.0


def test_holm_as_published():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])  # the example of R's p.adjust
    assert holm([]) == []
    assert holm([0.7, 0.8]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.2))
def test_holm_rejects_what_stepping_down_rejects(p_values, alpha):
    adjusted = holm(p_values)
    rejected = set()
    for place, k in enumerate(sorted(range(len(p_values)), key=lambda k: p_values[k])):
        if p_values[k] * (len(p_values) - place) > alpha:
            break
        rejected.add(k)
    assert {k for k, p in enumerate(adjusted) if p <= alpha} == rejected


def test_the_rank_biserial_correlation_is_the_difference_of_shares():
    assert rank_biserial(np.array([1.0, 2.0, -3.0, 4.0])) == pytest.approx((1 + 2 + 4 - 3) / 10)
    assert rank_biserial(np.array([0.0, 0.0, 5.0])) == 1.0
    assert rank_biserial(np.zeros(3)) == 0.0


def weights(both, runs):
    """Weights of tasks on the lattice, for a loss of successes."""
    return np.rint(24 / (4 - np.asarray(both) / (2 * runs))).astype(int)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=3))
def test_the_stratified_test_is_counted_out_over_all_ways_to_deal_the_runs(pairs):
    """Against every choice of which three of a task's six runs belong to the second side."""
    before, after = (np.array(part) for part in zip(*pairs, strict=True))
    found = stratified(before.astype(float), after.astype(float), np.full(len(pairs), 3.0))
    if not any(0 < a + b < 6 for b, a in pairs):
        assert found == (1.0, 1.0)
        return
    for p, b, a in ((found[0], before, after), (found[1], 3 - before, 3 - after)):
        ways = [
            [sum(k < total for k in chosen) for chosen in itertools.combinations(range(6), 3)]
            for total in (a + b).tolist()
        ]  # fmt: skip
        each = weights(a + b, 3)
        sums = np.array([np.dot(each, parts) for parts in itertools.product(*ways)])
        seen = np.dot(each, a)
        assert p == pytest.approx(np.mean(sums < seen) + np.mean(sums == seen) / 2)


@pytest.mark.parametrize(("tasks", "tolerance"), [(390, 2e-3), (3000, 1e-9)])
def test_the_stratified_test_as_mantel_and_haenszel(tasks, tolerance):
    """Their statistic, weighted, without the correction for continuity: near where it is counted out, else exactly."""
    rng = np.random.default_rng(10)
    before, after = rng.binomial(5, 0.5, tasks).astype(float), rng.binomial(5, 0.49, tasks).astype(float)
    less, greater = stratified(before, after, np.full(tasks, 5.0))
    for p, b, a in ((less, before, after), (greater, 5 - before, 5 - after)):
        each = weights(a + b, 5)
        distance = variance = 0.0
        for w, one, other in zip(each, b, a, strict=True):
            cells = np.array([[other, 5 - other], [one, 5 - one]])
            rows, columns, total = cells.sum(axis=1), cells.sum(axis=0), cells.sum()
            distance += w * (other - rows[0] * columns[0] / total)
            variance += w**2 * rows.prod() * columns.prod() / (total**2 * (total - 1))
        assert p == pytest.approx(stats.norm.cdf(distance / math.sqrt(variance)), abs=tolerance)


def test_four_lost_runs_are_needed_at_least():
    ones = np.ones(30)
    assert stratified(ones, np.array([0.0] * 4 + [1.0] * 26), ones)[0] <= 0.05
    assert stratified(ones, np.array([0.0] * 3 + [1.0] * 27), ones)[0] > 0.05
    assert stratified(ones, ones, ones) == (1.0, 1.0)


# --- verdicts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "interval", "p_less", "p_greater", "said"),
    [
        (-0.2, (-0.3, -0.1), 0.001, 0.999, Judgement.WORSE),
        (0.2, (0.1, 0.3), 0.999, 0.001, Judgement.BETTER),
        (0.0, (-0.02, 0.02), 0.5, 0.5, Judgement.EQUIVALENT),
        (-0.02, (-0.025, -0.015), 0.001, 0.999, Judgement.EQUIVALENT),  # certain, and too small to matter
        (-0.2, (-0.5, 0.1), 0.2, 0.8, Judgement.UNDECIDED),
        (-0.02, (-0.05, 0.01), 0.04, 0.96, Judgement.UNDECIDED),
    ],
)
def test_a_verdict_is_about_a_margin(estimate, interval, p_less, p_greater, said):
    assert judgement(estimate, Interval(*interval), p_less, p_greater, margin=0.03, detectable=0.03) is said


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.5))
def test_a_verdict_mirrors_when_methods_change_places(estimate, half, p, margin):
    mirrored = {Judgement.WORSE: Judgement.BETTER, Judgement.BETTER: Judgement.WORSE}
    interval, other = Interval(estimate - half, estimate + half), Interval(-estimate - half, -estimate + half)
    one = judgement(estimate, interval, p, 1 - p, margin=margin, detectable=margin)
    assert judgement(-estimate, other, 1 - p, p, margin=margin, detectable=margin) is mirrored.get(one, one)


@pytest.mark.parametrize("detectable", [None, 0.031])
def test_what_could_not_have_been_found_is_not_called_equivalent(detectable):
    said = judgement(0.0, Interval(0.0, 0.0), 1.0, 1.0, margin=0.03, detectable=detectable)
    assert said is Judgement.UNDECIDED


def test_the_detectable_effect_is_detected_four_times_in_five():
    rng = np.random.default_rng(8)
    n, trials = 60, 400
    found = 0
    for _ in range(trials):
        error = standard_error(rng.normal(0, 0.3, n), np.zeros(n))
        effect = detectable_effect(error)
        found += stats.ttest_1samp(rng.normal(-effect, 0.3, n), 0.0, alternative="less").pvalue <= 0.05
    assert 0.74 <= found / trials <= 0.86


def test_the_detectable_effect_exceeds_the_margin_and_knows_the_family():
    rng = np.random.default_rng(9)
    error, margin, trials = 0.01, 0.03, 2000
    assert detectable_effect(error, margin=margin) == pytest.approx(0.03 + 0.8416 * error, rel=1e-3)
    margin = 0.02
    effect = detectable_effect(error, margin=margin, tests=4)
    assert effect > detectable_effect(error, margin=margin)
    estimates = rng.normal(-effect, error, trials)
    called = (estimates < -margin) & (stats.norm.cdf(estimates / error) <= 0.05 / 4)
    assert 0.77 <= called.mean() <= 0.83


def test_the_standard_error_knows_the_noise_of_seeds_and_what_ranks_need():
    zeros, noise = np.zeros(30), np.full(30, 0.04)
    assert signed_rank(np.array([-0.2] * 5 + [0.0] * 25), "less") <= 0.05 < signed_rank(
        np.array([-0.2] * 4 + [0.0] * 26), "less"
    )  # fmt: skip
    assert detectable_effect(0.0, least=5 * 0.2 / 30) == 5 * 0.2 / 30
    assert standard_error(zeros, noise) == standard_error(None, noise) == pytest.approx(math.sqrt(0.04 / 30))
    assert standard_error(np.array([1.0, -1.0] * 15), noise) == pytest.approx(stats.sem([1.0, -1.0] * 15))
    assert standard_error(np.zeros(1), np.zeros(1)) is None
