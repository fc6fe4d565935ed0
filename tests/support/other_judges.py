"""Two other rules that say whether a formula is the truth, for comparison with `srbench_lite.judging.judge.judge`.

`srbench_rule` is the rule of SRBench (La Cava et al., 2021), written anew from its description; `simplify_rule` is what
most people would write first. Each pair is answered in a forked child with a limit of CPU time, so no pair can hold up
the others.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.expressions.printing import number_text
from srbench_lite.expressions.sympy_child import in_child

__all__ = ["CPU_SECONDS", "RULES_VERSIONS", "Answer", "simplify_rule", "srbench_rule", "warm_up"]

#: Versions of the two rules: raised when one may answer otherwise, so that stored answers are not used again.
RULES_VERSIONS: Final = {"srbench": "1", "simplify": "2"}

#: CPU time that a rule gets for one pair.
CPU_SECONDS: Final = 15.0
#: Longest text of a rounded formula that is kept.
_LONGEST: Final = 400
#: SRBench: numbers closer to zero than this become 0, and the others keep so many decimals.
_SMALL: Final = 1e-4
_DECIMALS: Final = 3
#: SRBench writes this for pi.
_PI: Final = "3.1415926535"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a rule says about one pair.

    Attributes:
        word: whether it takes the found formula for the truth.
        why: the reason, in words.
        rounded: the two formulas as the rule compared them, where it rounds: "found = truth"; empty otherwise.
        seconds: CPU time that it took; the limit where it ran out.
    """

    word: Literal["accepted", "rejected", "timeout"]
    why: str
    rounded: str
    seconds: float


def srbench_rule(
    found: Expression, truth: Expression, *, spelled: Sequence[str] | None = None, cpu_seconds: float = CPU_SECONDS
) -> Answer:
    """Answer as SRBench's published code does.

    Symbols carry no assumptions; a number with a point is a SymPy Float, pi is the Float 3.1415926535; the logarithm
    and the square root take the absolute value of a number, and of nothing else. Floats below 1e-4 become 0, others are
    rounded to 3 decimals: in the truth, in the found formula once it is simplified (`ratio=1`), and in their difference
    before and after that is simplified. The ratio is rounded, not simplified. The pair is accepted when the difference
    is 0 or any constant, or the ratio is any constant, unless the found formula has become 0 or nan. (Rounding the
    found formula before it is simplified too would contradict verdicts that SRBench's own code gave.)

    What is left out: SRBench looks only at formulas with R² > 0.5 on the test points, and first replaces names in the
    formula's text. Neither is done here. A tree does not say whether its text had `2` or `2.0`: whole numbers are
    integers here, to SRBench's advantage, unless `spelled` says otherwise.

    Args:
        found: the formula that a method returned.
        truth: the formula that the data were made from.
        spelled: the numbers of `found` as its text spells them, without signs, in text order.
        cpu_seconds: CPU time after which the answer is "timeout".
    """

    if spelled is not None and len(spelled) != len(found.constants):
        raise ValueError(f"this formula has {len(found.constants)} numbers, got {len(spelled)}")

    def decide() -> tuple[bool, str, str]:
        import sympy

        goal = _rounded(_as_srbench_reads(truth, None))
        model = _rounded(sympy.simplify(_as_srbench_reads(found, spelled), ratio=1))
        forms = f"{_shortened(model)} = {_shortened(goal)}"
        if model == 0 or model is sympy.nan:
            return False, f"the found formula becomes {model}", forms
        difference = _rounded(sympy.simplify(_rounded(goal - model), ratio=1))
        if difference == 0:
            return True, "the difference is 0", forms
        if difference.is_constant():
            return True, f"the difference is the constant {_shortened(difference)}", forms
        ratio = _rounded(model / goal)
        if ratio.is_constant():
            return True, f"the ratio is the constant {_shortened(ratio)}", forms
        return False, f"the difference is {_shortened(difference)}", forms

    return _answer(decide, cpu_seconds)


def simplify_rule(
    found: Expression, truth: Expression, positive: Iterable[str], *, cpu_seconds: float = CPU_SECONDS
) -> Answer:
    """Answer whether `sympy.simplify(found - truth)` is 0.

    Variables are real, those in `positive` positive. `sympy.nsimplify` makes rationals of the numbers: 0.5 becomes 1/2,
    and 0.333333333333333 becomes 1/3, which a difference needs to become 0.
    """

    def decide() -> tuple[bool, str, str]:
        import sympy

        def rational(formula: Expression) -> Any:
            made = formula.to_sympy(positive=positive)
            floats = {c: sympy.Float(c) for c in made.atoms(sympy.Rational) if not c.is_Integer}
            return sympy.nsimplify(made.xreplace(floats), rational=True)

        difference = sympy.simplify(rational(found) - rational(truth))
        return bool(difference == 0), f"the difference is {_shortened(difference)}", ""

    return _answer(decide, cpu_seconds)


def warm_up() -> None:
    """Load what SymPy loads when it first simplifies, so that the children inherit it."""
    import sympy

    x = sympy.Symbol("x")
    sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2 + sympy.sqrt(x) * sympy.log(x))


def _answer(decide: Callable[[], tuple[bool, str, str]], cpu_seconds: float) -> Answer:
    def work() -> str:
        from sympy.core.random import seed

        seed(0)  # SymPy tries random points in `is_constant`
        began = time.process_time()
        accepted, why, rounded = decide()
        return json.dumps([accepted, why, rounded, time.process_time() - began])

    began = time.monotonic()
    text = in_child(work, cpu_seconds=cpu_seconds, wall_seconds=20 * cpu_seconds)
    if text is not None:
        accepted, why, rounded, seconds = json.loads(text)
        return Answer(word="accepted" if accepted else "rejected", why=why, rounded=rounded, seconds=seconds)
    waited = time.monotonic() - began
    if waited < cpu_seconds:  # an error of SymPy's, or no memory: no acceptance
        return Answer(word="rejected", why="SymPy failed", rounded="", seconds=waited)
    return Answer(word="timeout", why=f"no answer in {cpu_seconds:g} s", rounded="", seconds=cpu_seconds)


def _as_srbench_reads(expression: Expression, spelled: Sequence[str] | None) -> Any:
    """Return the SymPy expression that SRBench gets from the text of a formula."""
    import sympy

    texts = None if spelled is None else iter(spelled)

    def leaf(node: Expression) -> Any:
        if node.value is not None:
            text = number_text(node.value)
            if texts is not None and not next(texts).isdigit() and text.lstrip("-").isdigit():
                text += ".0"
            return sympy.Integer(text) if text.lstrip("-").isdigit() else sympy.Float(text)
        if node.name is not None:
            return sympy.Symbol(node.name)
        return sympy.Float(_PI) if node.op == "pi" else sympy.E

    def inner(node: Expression, args: list[Any]) -> Any:
        if node.op in ("log", "sqrt") and args[0].is_Float:
            args = [abs(args[0])]
        match node.op:
            case "sub":
                return args[0] - args[1]
            case "div":
                return args[0] / args[1]
            case "neg":
                return -args[0]
            case _:
                return getattr(sympy, OPERATORS[node.op].sympy)(*args)

    return expression.fold(leaf, inner)


def _rounded(formula: Any) -> Any:
    """Return the SymPy formula with its Floats rounded as SRBench rounds them."""
    import sympy

    new = {c: sympy.Integer(0) if abs(c) < _SMALL else round(c, _DECIMALS) for c in formula.atoms(sympy.Float)}
    return formula.xreplace(new)


def _shortened(formula: Any) -> str:
    text = str(formula)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
