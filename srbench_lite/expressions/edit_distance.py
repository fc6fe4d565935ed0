"""`edit_distance`: how many nodes of a formula's tree must change to make it the true one, as a share of the truth.

The score is the normalised edit distance of SRSD (Matsubara et al., 2022, Rethinking Symbolic Regression Datasets and
Benchmarks for Scientific Discovery): the tree edit distance of Zhang & Shasha (1989, Simple Fast Algorithms for the
Editing Distance between Trees and Related Problems, SIAM J. Comput. 18) with unit costs, divided by the number of nodes
of the true tree, at most 1; every number is the same symbol.

As there, both formulas are simplified by SymPy first, by the caller (`srbench_lite.judging.scoring.simple_form`), and
the trees are those of SymPy: sums and products have any number of arguments in a canonical order, a difference is a
sum with a product by a number, a quotient a product with a power. Three things differ: SRSD hands SymPy decimals only
and calls `factor` before `simplify`; arguments are in our own order, not in that of SymPy's release; and a formula
that SymPy cannot simplify in time is compared as it stands, where SRSD counts 1.

The packages zss (a test compares with it) and apted compute the same distance; both have had no release for years, and
neither bounds its work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from srbench_lite.expressions.expression import Expression

__all__ = ["MAX_TREE_NODES", "Tree", "canonical", "edit_distance", "tree_distance"]

#: Trees with more nodes are not compared.
MAX_TREE_NODES: Final = 300
#: Most cells of the dynamic programme, about two seconds of work.
_MAX_CELLS: Final = 5_000_000
#: The symbol that stands for every number.
_NUMBER: Final = "number"


class Tree:
    """An ordered tree with labels.

    Attributes:
        label: the node's label.
        children: its subtrees, in order.
        size: number of nodes.
        text: the whole tree as text; equal trees have equal texts.
    """

    __slots__ = ("children", "label", "size", "text")

    def __init__(self, label: str, children: tuple[Tree, ...] = ()) -> None:
        self.label: str = label
        self.children = children
        self.size: int = 1 + sum(child.size for child in children)
        inside = ",".join(child.text for child in children) if self.size <= 2 * MAX_TREE_NODES else "..."
        self.text: str = f"{label}({inside})" if children else label


def edit_distance(found: Expression, truth: Expression) -> float | None:
    """Return the normalised tree edit distance in [0, 1]; None where a tree has more than `MAX_TREE_NODES` nodes.

    Args:
        found: the formula that a method returned, simplified.
        truth: the formula that the data were made from, simplified.
    """
    true = canonical(truth)
    distance = tree_distance(canonical(found), true)
    return None if distance is None else min(1.0, distance / true.size)


def canonical(expression: Expression) -> Tree:
    """Return the formula's tree as SymPy would build it, numbers collapsed to one symbol.

    For a formula that came from SymPy this is SymPy's own tree; nothing is collected, cancelled or multiplied out.
    """
    number = Tree(_NUMBER)

    def gathered(label: str, parts: Sequence[Tree]) -> Tree:
        """Flatten, merge the numbers into one, sort."""
        flat: list[Tree] = []
        for part in parts:
            flat.extend(part.children if part.label == label else (part,))
        others = sorted((part for part in flat if part is not number), key=lambda part: part.text)
        arguments = ([number] if len(others) < len(flat) else []) + others
        return arguments[0] if len(arguments) == 1 else Tree(label, tuple(arguments))

    def inverse(tree: Tree) -> Tree:
        """Return 1/tree: a power with another number, factor by factor."""
        if tree.label == "mul":
            return gathered("mul", [inverse(factor) for factor in tree.children])
        if tree is number or (tree.label == "pow" and tree.children[1] is number):
            return tree
        return Tree("pow", (tree, number))

    def leaf(node: Expression) -> Tree:
        return number if node.name is None else Tree(f"variable {node.name}")

    def inner(node: Expression, args: list[Tree]) -> Tree:
        if all(arg is number for arg in args):
            return number
        match node.op:
            case "add" | "mul" | "min" | "max":
                return gathered(node.op, args)
            case "sub":
                return gathered("add", [args[0], gathered("mul", [number, args[1]])])
            case "neg":
                return gathered("mul", [number, args[0]])
            case "div":
                above = [] if node.args[0].value == 1 else [args[0]]
                return gathered("mul", [*above, inverse(args[1])])
            case "sqrt":
                return Tree("pow", (args[0], number))
            case _:
                return Tree(node.op, tuple(args))

    return expression.fold(leaf, inner)


def tree_distance(first: Tree, second: Tree) -> int | None:
    """Return the number of nodes to insert, delete or relabel; None where that is too much work."""
    if max(first.size, second.size) > MAX_TREE_NODES:
        return None
    plans = [(_Plan(first, mirrored=m), _Plan(second, mirrored=m)) for m in (False, True)]
    one, two = min(plans, key=lambda pair: pair[0].work * pair[1].work)  # mirroring both changes nothing else
    if one.work * two.work > _MAX_CELLS:
        return None
    return _distance(one, two)


class _Plan:
    """A tree in postorder: labels, leftmost leaves and keyroots (Zhang & Shasha, section 3)."""

    __slots__ = ("keyroots", "labels", "leftmost", "work")

    def __init__(self, tree: Tree, *, mirrored: bool) -> None:
        self.labels: list[str] = []
        self.leftmost: list[int] = []
        stack: list[tuple[Tree, int]] = [(tree, -1)]  # a node, and the number of nodes done before its first leaf
        while stack:
            node, before = stack.pop()
            if before < 0 and node.children:
                stack.append((node, len(self.labels)))
                ordered = node.children if mirrored else node.children[::-1]
                stack.extend((child, -1) for child in ordered)
            else:
                self.leftmost.append(len(self.labels) if before < 0 else before)
                self.labels.append(node.label)
        last = {left: place for place, left in enumerate(self.leftmost)}
        self.keyroots = sorted(last.values())
        self.work = sum(root - self.leftmost[root] + 1 for root in self.keyroots)


def _distance(one: _Plan, two: _Plan) -> int:
    """Return the distance: the recurrences of Zhang & Shasha (1989), theorem 3, over all pairs of keyroots."""
    known = [[0] * len(two.labels) for _ in one.labels]
    for i in one.keyroots:
        for j in two.keyroots:
            start, begin = one.leftmost[i], two.leftmost[j]
            width = j - begin + 1
            above = list(range(width + 1))
            rows = [above]
            for x in range(start, i + 1):
                row = [above[0] + 1]
                whole_x = one.leftmost[x] == start
                label, left_x, known_x = one.labels[x], one.leftmost[x] - start, known[x]
                for offset in range(width):
                    y = begin + offset
                    best = min(above[offset + 1], row[offset]) + 1
                    if whole_x and two.leftmost[y] == begin:
                        best = min(best, above[offset] + (label != two.labels[y]))
                        known_x[y] = best
                    else:
                        best = min(best, rows[left_x][two.leftmost[y] - begin] + known_x[y])
                    row.append(best)
                rows.append(row)
                above = row
    return known[-1][-1]
