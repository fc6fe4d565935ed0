"""Random formulas with partners that are the same function, or are not, by construction; written as a CSV file.

`python tests/tools/make_pairs.py --truths 500 --seed 1 --out FILE` draws truths with one to five variables and every
kind of sampling, and makes from each: rewrites (random SymPy transformations, and rules of our own), the same with
constants multiplied out to 15 digits, perturbed constants, stray terms, and mutants. Nothing here asks the judge.

A label is right by construction, and checked independently with 100 digits: partners that should be equal must agree at
random points; for those that should not, the constants are first fitted within the margin (SciPy, bounded least
squares, several starts) and the fitted formula must still be off at random points. Pairs that fail the check are
dropped, and so are perturbed formulas that no longer resemble the truth (R2 <= 0.5) and truths so heavy-tailed that
std(y) depends on the draw.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
import sympy
from places import DATA
from random_truths import Truth, best_deviation, deviation, perturbed, random_truths, sampling_text

from srbench_lite.errors import ExpressionError, SuiteError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS
from srbench_lite.expressions.sympy_child import in_child

call, constant = Expression.call, Expression.constant

#: Relative perturbations of every constant, and the label that follows.
PERTURBATIONS = {
    1e-9: "exact", 1e-8: "exact", 1e-7: "exact", 1e-6: "exact",
    1e-5: "recovered", 1e-4: "recovered", 1e-3: "recovered", 1e-2: "recovered",
    3e-2: "neither", 1e-1: "neither",
}  # fmt: skip
#: Effects of a stray term in standard deviations of y, and the label that follows.
STRAYS = {1e-12: "exact", 1e-10: "exact", 1e-7: "recovered", 1e-4: "recovered", 1e-1: "neither"}


# --- partners that are equal ----------------------------------------------------------------------------------------


def at_random_node(
    formula: Expression, rng: random.Random, change: Callable[[Expression], Expression | None]
) -> Expression | None:
    """Apply `change` to one node, chosen among those where it gives something."""
    changed = [change(node) for node in formula.postorder()]
    places = [i for i, node in enumerate(changed) if node is not None]
    if not places:
        return None
    place, seen = rng.choice(places), -1

    def rebuilt(node: Expression, args: list[Expression]) -> Expression:
        nonlocal seen
        seen += 1
        new = changed[place]
        return new if seen == place and new is not None else (Expression(node.op, args=args) if args else node)

    return formula.fold(lambda node: rebuilt(node, []), rebuilt)


def rewritten(node: Expression, rng: random.Random, truth: Truth) -> Expression | None:
    """Return the same function, written differently."""

    def positive(part: Expression) -> bool:
        values = part(truth.columns)
        return bool(np.all(values > 1e-3 * np.max(np.abs(values))))

    a, b = (*node.args, None, None)[:2]
    pi = Expression.named("pi")
    options: list[Expression] = []
    match node.op:
        case "add" | "mul" | "max":
            options.append(call(node.op, b, a))
            if node.op == "max":
                options.append((a + b + call("abs", a - b)) / 2)
            if node.op == "mul" and b.op in ("add", "sub"):
                options.append(call(b.op, a * b.args[0], a * b.args[1]))
        case "sub":
            options += [-(b - a), a + (-1) * b]
        case "div":
            options += [a * b**-1, a * (1 / b)]
            if positive(b):
                options.append(a * call("exp", -call("log", b)))
        case "sin":
            options += [call("cos", a - pi / 2), 2 * call("sin", a / 2) * call("cos", a / 2)]
            options += [call("cos", a - 1.5707963267948966), -call("sin", a + pi)]
        case "cos":
            options += [call("sin", a + pi / 2), 1 - 2 * call("sin", 0.5 * a) ** 2]
        case "exp" if a.op == "add":
            options.append(call("exp", a.args[0]) * call("exp", a.args[1]))
        case "exp":
            options.append(call("exp", a / 2) ** 2)
        case "log":
            options.append(2 * call("log", call("sqrt", a)))
            if a.op in ("mul", "div") and positive(a.args[0]) and positive(a.args[1]):
                options.append(call({"mul": "add", "div": "sub"}[a.op], *[call("log", arg) for arg in a.args]))
        case "sqrt":
            options.append(a**0.5)
        case "tanh":
            options.append(1 - 2 / (call("exp", 2 * a) + 1))
        case "abs":
            options += [call("sqrt", a**2), call("max", a, -a), a * call("sign", a)]
        case "pow" if b.value == 2:
            options += [a * a, call("abs", a) ** 2]
    if node.is_constant:
        part = round(rng.uniform(0.3, 3.0), 3)
        options += [constant(node.value / part) * part, constant(node.value - part) + part]
    if node.is_operator and positive(node):
        options += [call("exp", call("log", node)), call("sqrt", node**2), call("abs", node)]
    return rng.choice(options) if options else None


def transformations(positive: list[str]) -> dict[str, Callable[[sympy.Expr], sympy.Expr]]:
    """Return SymPy's rewrites that keep the function, for variables that are real or positive as declared."""

    def by_symbol(function: Callable[..., sympy.Expr]) -> Callable[[sympy.Expr], sympy.Expr]:
        return lambda e: function(e, sorted(e.free_symbols, key=str)[0])

    return {
        "expand": sympy.expand,
        "factor": sympy.factor,
        "together": sympy.together,
        "cancel": sympy.cancel,
        "apart": by_symbol(sympy.apart),
        "collect": by_symbol(lambda e, s: sympy.collect(sympy.expand(e), s)),
        "horner": by_symbol(lambda e, s: sympy.horner(sympy.expand(e), wrt=s)),
        "trigsimp": sympy.trigsimp,
        "expand_trig": sympy.expand_trig,
        "expand_log": sympy.expand_log,
        "logcombine": sympy.logcombine,
        "powsimp": sympy.powsimp,
        "powdenest": sympy.powdenest,
        "expand_power_base": sympy.expand_power_base,
        "expand_power_exp": sympy.expand_power_exp,
        "radsimp": sympy.radsimp,
        "simplify": sympy.simplify,
        "separatevars": sympy.separatevars,
        "in sines": lambda e: e.rewrite(sympy.sin),
        "in cosines": lambda e: e.rewrite(sympy.cos),
        "in exponentials": lambda e: e.replace(sympy.tanh, lambda a: sympy.tanh(a).rewrite(sympy.exp)),
    }


def by_sympy(truth: Truth, rng: random.Random) -> tuple[Expression, str] | None:
    """Return the truth after one to three random transformations, and their names."""
    positive = [name for name, sampling in truth.domain.items() if sampling.is_positive]
    table = transformations(positive)
    names = [rng.choice(list(table)) for _ in range(rng.choice([1, 1, 2, 3]))]

    def work() -> str:
        result = truth.formula.to_sympy(positive=positive)
        for name in names:
            result = table[name](result)
        return str(Expression.from_sympy(result))

    text = in_child(work, cpu_seconds=2.0, wall_seconds=8.0)
    if text is None:
        return None
    try:
        return Expression.parse(text, variables=truth.domain), ", ".join(names)
    except ExpressionError:
        return None


def multiplied_out(formula: Expression) -> Expression:
    """Return the formula with parts that hold no variable as one number of 15 digits."""

    def leaf(node: Expression) -> Expression:
        return node if node.args or node.op not in NAMED_CONSTANTS else constant(NAMED_CONSTANTS[node.op][0])

    def inner(node: Expression, args: list[Expression]) -> Expression:
        new = Expression(node.op, args=args)
        if all(arg.is_constant for arg in args):
            result = float(f"{new({})[0]:.15g}")
            return constant(result) if math.isfinite(result) else new
        return new

    return formula.fold(leaf, inner)


# --- partners that are not ------------------------------------------------------------------------------------------


def mutated(node: Expression, rng: random.Random, names: list[str]) -> Expression | None:
    """Return another function."""
    swap = {
        "add": "sub", "sub": "add", "mul": "div", "div": "mul", "sin": "cos", "cos": "sin", "exp": "tanh",
        "sqrt": "log", "log": "sqrt", "tanh": "atan", "atan": "tanh", "max": "min",
    }  # fmt: skip
    options: list[Expression] = []
    if node.op in swap:
        options.append(call(swap[node.op], *node.args))
    if node.op in ("add", "sub", "mul", "div", "abs", "max"):
        options.append(node.args[0])
    if node.op == "pow":
        options.append(node.args[0] ** (node.args[1] + 1))
    if node.is_variable:
        options += [Expression.variable(name) for name in names if name != node.name]
    if node.is_operator:
        other = Expression.variable(rng.choice(names))
        options += [node * (1 + 0.1 * other), node + 0.3 * call("sin", 3 * other)]
    return rng.choice(options) if options else None


# --- pairs ----------------------------------------------------------------------------------------------------------


def partners(truth: Truth, rng: random.Random) -> Iterator[tuple[Expression, str, str]]:
    """Yield partners of a truth: formula, label, kind; those whose label was not confirmed are left out."""
    equal: list[tuple[Expression, str]] = []
    for _ in range(2):
        answer = by_sympy(truth, rng)
        if answer is not None:
            equal.append((answer[0], f"rewritten by SymPy: {answer[1]}"))
    by_rule = truth.formula
    for _ in range(rng.choice([1, 2, 3, 4])):
        by_rule = at_random_node(by_rule, rng, lambda node: rewritten(node, rng, truth)) or by_rule
    equal.append((by_rule, "rewritten by rules"))
    for found, kind in equal:
        if found != truth.formula and found.complexity <= 300 and deviation(found, truth) < 1e-9:
            yield found, "exact", kind
    source = rng.choice(equal)[0]
    folded = multiplied_out(source)
    if folded not in (source, truth.formula) and folded.complexity <= 300 and deviation(folded, truth) < 1e-9:
        yield folded, "exact", "rewritten, constants multiplied out"

    for share in rng.sample(list(PERTURBATIONS), 2):
        label = PERTURBATIONS[share]
        base = rng.choice([truth.formula, by_rule])
        if deviation(base, truth) > 1e-9:
            continue
        found = perturbed(base, share, rng)
        if found == base or (label == "neither" and not best_deviation(found, truth, 0.0101) > 1e-5):
            continue
        if np.std(found(truth.columns) - truth.y) < truth.spread * math.sqrt(0.5):
            yield found, label, f"constants off by {share:g}"

    if rng.random() < 0.4:
        size = rng.choice(list(STRAYS))
        stray = Expression.variable(rng.choice(list(truth.domain)))
        stray = rng.choice([stray, call("sin", 2 * stray), stray**2])
        largest = float(np.max(np.abs(stray(truth.columns))))
        found = truth.formula + float(f"{0.5 * size * truth.spread / largest:.4e}") * stray
        label = STRAYS[size]
        if label != "neither" or best_deviation(found, truth, 0.0101) > 1e-5:
            yield found, label, f"stray term of {size:g} standard deviations"

    names = list(truth.domain)
    for _ in range(2):
        found = at_random_node(truth.formula, rng, lambda node: mutated(node, rng, names))
        if found is not None and rng.random() < 0.3:
            found = at_random_node(found, rng, lambda node: rewritten(node, rng, truth)) or found
        if found is None or found == truth.formula or found.complexity > 300:
            continue
        if best_deviation(found, truth, 0.0101) > 1e-3:
            yield found, "neither", "mutated"


def main() -> None:
    """Write the pairs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--truths", type=int, default=500, help="number of true formulas (about 5 pairs each)")
    parser.add_argument("--seed", type=int, default=20_261_123)
    parser.add_argument("--out", type=Path, default=DATA / "generated_pairs.csv")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    count: Counter[str] = Counter()
    with options.out.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["truth", "found", "label", "kind", "how", "sampling"])
        for number, truth in enumerate(random_truths(options.truths, rng), 1):
            try:
                for found, label, kind in partners(truth, rng):
                    kind, _, how = kind.partition(": ")
                    writer.writerow([truth.formula, found, label, kind, how, sampling_text(truth.domain)])
                    count[label] += 1
            except (ExpressionError, SuiteError):  # a partner that grew too large
                continue
            if number % 50 == 0:
                print(f"{number} truths, {sum(count.values())} pairs", file=sys.stderr)
    print(f"{dict(count)} -> {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
