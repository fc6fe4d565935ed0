"""The method `sklearn-tree`: a regression tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from srbench_lite import Budget, Capabilities, Expression, Report, Samples
from srbench_peers.peer import Found, Peer

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SklearnTree", "formula_of", "largest_double"]


@dataclass(frozen=True, kw_only=True)
class SklearnTree(Peer):
    """A floor: scikit-learn's DecisionTreeRegressor, defaults as in its documentation.

    https://scikit-learn.org/stable/modules/generated/sklearn.tree.DecisionTreeRegressor.html
    Only leaves and depth are bounded, by what a formula can hold: it has five nodes a leaf, at most 10,000 in all,
    and is at most 1,000 deep.
    """

    name: ClassVar[str] = "sklearn-tree"
    summary: ClassVar[str] = "peer, a floor: scikit-learn's regression tree, nested conditions"
    source: ClassVar[str] = (
        "Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984; "
        "Pedregosa et al., Scikit-learn: Machine Learning in Python, JMLR 12, 2011"
    )
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("sklearn.tree",)
    licence: ClassVar[str] = "BSD-3-Clause"
    environment: ClassVar[str | None] = "sklearn"
    requirements: ClassVar[tuple[str, ...]] = ("scikit-learn==1.9.1",)

    max_depth: int = 900  # of the tree
    min_samples_leaf: int = 1  # points that a leaf must have
    max_leaves: int = 1000  # if there may be more, a tree with this many leaves, the best first

    def __post_init__(self) -> None:
        self.require(1 <= self.max_depth <= 900, "max_depth", "from 1 to 900")
        self.require(self.min_samples_leaf >= 1, "min_samples_leaf", "at least 1")
        self.require(2 <= self.max_leaves <= 2000, "max_leaves", "from 2 to 2000")

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Grow the tree; see `Peer.search`."""
        from sklearn.tree import DecisionTreeRegressor

        model = DecisionTreeRegressor(
            max_depth=self.max_depth,
            min_samples_leaf=self.min_samples_leaf,
            max_leaf_nodes=self.max_leaves if len(samples) > self.max_leaves else None,
            random_state=seed,
        )
        model.fit(samples.x, samples.y, sample_weight=samples.weights)
        return Found(expression=formula_of(model.tree_, samples.variables), predict=model.predict)


def formula_of(tree: Any, names: Sequence[str]) -> Expression:
    """Return a fitted tree as nested conditions: ifelse(x - threshold, what is right of it, what is left).

    Args:
        tree: scikit-learn's `tree_`: arrays over the nodes, of which children come after their parents.
        names: of the variables, in the order of the columns.
    """
    built: dict[int, Expression] = {}
    for node in reversed(range(tree.node_count)):
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left < 0:
            built[node] = Expression.constant(float(tree.value[node].item()))
        else:
            over = Expression.variable(names[tree.feature[node]]) - largest_double(float(tree.threshold[node]))
            built[node] = Expression.call("ifelse", over, built.pop(right), built.pop(left))
    return built[0]


def largest_double(threshold: float) -> float:
    """Return the largest float64 that, rounded to float32 as a tree's inputs are, is at most `threshold`."""
    import numpy as np

    below = np.float32(threshold)
    if float(below) > threshold:
        below = np.nextafter(below, np.float32(-np.inf))
    middle = (float(below) + float(np.nextafter(below, np.float32(np.inf)))) / 2.0
    return middle if np.float32(middle) == below else float(np.nextafter(middle, -np.inf))
