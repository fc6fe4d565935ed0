"""Episodes: every step of them belongs to a formula that reaches its goal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_goals.environment import DEEPEST, TOKENS, StackMachines
from srbench_goals.episodes import draw_episodes
from srbench_goals.states import FACTS, FEATURES, SEEN, States


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_last_step_of_each_episode_leads_to_its_goal(seed):
    drawn = draw_episodes(np.random.default_rng(seed), 30, points=5, longest=12, hindsight=True)
    states, tokens = drawn.states, drawn.tokens
    assert 25 <= drawn.met <= drawn.episodes == 30
    steps = np.rint(25 * states.facts[:, -3]).astype(int)
    ends = 0
    for goal in np.unique(states.goal, axis=0):
        rows = np.flatnonzero((states.goal == goal).all(axis=1))
        last = rows[steps[rows].argmax()]
        depth = int(states.facts[last, : DEEPEST + 1].argmax())
        if depth > SEEN:
            continue
        machines = StackMachines(states.x[last : last + 1], 1, 25)
        machines.values[0, :depth] = states.stack[last, :depth][::-1]
        machines.depth[0] = depth
        machines.write(tokens[last : last + 1])
        assert machines.depth[0] == 1
        assert machines.top[0] == pytest.approx(goal, rel=1e-12)
        ends += 1
    assert ends > 10


def test_without_hindsight_few_episodes_count_and_those_have_met_the_goal_of_another():
    rng = np.random.default_rng(0)
    drawn = draw_episodes(rng, 2_000, points=5, longest=25, hindsight=False)
    assert 0 < drawn.met < 800
    assert len(drawn.tokens) < 2_000
    with_hindsight = draw_episodes(np.random.default_rng(0), 2_000, points=5, longest=25, hindsight=True)
    assert len(with_hindsight.tokens) > 5 * len(drawn.tokens)


def test_same_seed_same_episodes():
    one, other = (draw_episodes(np.random.default_rng(4), 50, points=6, longest=15, hindsight=True) for _ in range(2))
    assert np.array_equal(one.tokens, other.tokens)
    assert np.array_equal(one.states.goal, other.states.goal)


def test_what_the_policy_sees_is_finite_and_says_what_is_missing():
    x = np.array([[[1.0], [2.0]]])
    machines = StackMachines(x, 2, 25)
    machines.write(np.array([0, 2]))
    goal = np.array([3.0, 1e300])
    states = States.of(machines, goal, np.array([0, 2]))
    points, facts = states.tensors()
    assert points.shape == (2, 2, FEATURES)
    assert facts.shape == (2, FACTS)
    assert bool(points.isfinite().all())
    missing = points[0, 0, 1 + SEEN + 2].item()  # the goal less the top, as its logarithm
    assert missing == pytest.approx(np.log1p(2.0))
    assert facts[0, DEEPEST + 2 + 0] == facts[1, DEEPEST + 2 + TOKENS.index("1")] == 1
    assert states.at_points(np.array([1])).goal.tolist() == [[1e300], [1e300]]
