"""What is fuzzed of texts: formulas in every notation, suites, studies, and names of suites that are drawn."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import fuzz_seeds as seeds
import numpy as np
from fuzz_children import Target
from fuzz_formulas import DIALECT_NAMES, formula_text
from fuzz_mutation import EXTREME_NUMBERS, EXTREME_TEXTS, mutated_bytes, mutated_text, rare
from fuzz_steps import all_of, to_bytes, to_text

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.printed_formula import notations
from srbench_lite.methods.program_output import ProgramOutput
from srbench_lite.problems.generator_name import GENERATORS, GeneratorName, canonical_suite, canonical_task
from srbench_lite.problems.random_suite import random_suite
from srbench_lite.problems.suite_file import announced_suite, suite_with_faults
from srbench_lite.recording.study import read_study, study_text

__all__ = ["TEXT_TARGETS"]


_POINTS: Final = np.array([-2.5, -1.0, 0.0, 0.3, 1.0, 7.0])


def _draw_formula(rng: random.Random) -> bytes:
    variables = rng.choice((None, ["x", "y"], ["y", "x", "x0", "x1"], {"x0": "mass", "x1": "v", "x": "x", "y": "y"}))
    head = json.dumps([rng.choice(DIALECT_NAMES), variables, rare(rng, 3)])
    return to_bytes(f"{head}\n{formula_text(rng)}")


def _read_formula(content: bytes, folder: Path) -> object:
    """Read a formula; one that is accepted must be the same when it is printed and read again, and have values."""
    head, _, text = to_text(content).partition("\n")
    dialect, variables, implicit = json.loads(head)
    formula = Expression.parse(text, variables=variables, dialect=dialect, implicit_products=implicit)
    printed = str(formula)
    again = Expression.parse(printed, variables=formula.variables)
    assert again == formula, f"printed as {printed[:200]} it is {str(again)[:200]}"
    columns = {name: _POINTS + place for place, name in enumerate(formula.variables)}
    values = formula(columns)
    assert values.dtype == np.float64
    assert len(values) in (1, len(_POINTS))
    assert np.array_equal(values, again(columns), equal_nan=True), "another value after reading it again"
    formula.to_latex()
    with suppress(ExpressionError):  # a tree may be too deep for it, or have no name in LaTeX
        Expression.parse(formula.to_latex(), dialect="latex")
    return formula


@cache
def _translators() -> tuple[tuple[str, Callable[[str], object]], ...]:
    """Return what turns a package's text into a formula, by the package."""
    from srbench_peers import eggp, hroch, psrn, pysindy, pysr

    names = ("x", "mass", "x0")
    return (
        ("pysr", lambda text: pysr.formula_of(text, names)),
        ("psrn", lambda text: psrn.formula_of(text, names)),
        ("eggp", lambda text: eggp.formula_of(text, "1.5;2;-3e5", names)),
        ("hroch", lambda text: hroch.formula_of(text, (1.5, -2.0), names)),
        ("pysindy", lambda text: pysindy.formula_of((text, "1"), (2.0, 0.5), names)),
    )


def _draw_translated(rng: random.Random) -> bytes:
    text = formula_text(rng)
    for name, others in (("x0", ("x[:, 0]", "X0", "x_0")), ("y", ("t[0]", "t[1]", "c0", "c1", "x1", "t[99999999]"))):
        if rare(rng, 2):
            text = re.sub(rf"\b{name}\b", lambda _, among=others: rng.choice(among), text)
    return to_bytes(f"{rng.randrange(7)}{text}")


def _read_translated(content: bytes, folder: Path) -> object:
    text = to_text(content)
    which, text = int(text[0]), text[1:]
    if which < len(_translators()):
        return _translators()[which][1](text)
    if which == len(_translators()):
        error: ExpressionError | None = None
        for notation in notations(("x", "mass")):
            try:
                notation.read(text)
            except ExpressionError as fault:
                error = fault
        if error is not None:
            raise error
        return None
    return _program_output(to_bytes(text).replace(b";", b"\n"))


def _program_output(content: bytes) -> object:
    said = ProgramOutput(("x", "y"), lambda formula: None, lambda remark: None)
    for start in range(0, len(content), 1000):
        said.feed(content[start : start + 1000])
    said.feed(b"", last=True)
    return said.formula


_TOML_WORDS: Final = (
    *(
        "[suite]",
        "[[tasks]]",
        "[tasks.variables]",
        "[suite.table]",
        "[tasks.test]",
        "[methods.lasso]",
        "[[runs]]",
        "[python]",
    ),
    *(
        "name",
        "truth",
        "data",
        "target",
        "low",
        "high",
        "sampling",
        "sign",
        "step",
        "unit",
        "n_train",
        "n_test",
        "weights",
    ),
    *(
        "rates",
        "starts",
        "duration",
        "steps",
        "train",
        "seeds",
        "noise",
        "methods",
        "suites",
        "plugins",
        "tags",
        "table",
    ),
    *('"log"', '"uniform"', '"grid"', '"integer"', '"both"', '"x"', '"points.csv"', '"../points.csv"', "true", "false"),
    *(
        " = ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        '"',
        '"""',
        "'",
        "\n",
        "#",
        "1979-05-27",
        "07:32:00",
        "0x1F",
        "1_000",
        "inf",
        "nan",
    ),
    *('"sin(x)"', '"x**x**x"', '"1/0*x"', '"pi"', '"100000000"', "2147483647", "1000000000", "9223372036854775807"),
)


def _toml(rng: random.Random, texts: Sequence[str], words: Sequence[str]) -> bytes:
    text = rng.choice(texts)
    if rare(rng, 4):
        return mutated_bytes(rng, text.encode(), [other.encode() for other in texts])
    if rare(rng, 2):
        lines = text.split("\n")
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(lines))
            key, equals, _ = lines[place].partition("=")
            if equals:
                value = rng.choice(
                    (rng.choice(words), rng.choice(EXTREME_NUMBERS), json.dumps(rng.choice(EXTREME_TEXTS)))
                )
                lines[place] = f"{key}= {value}"
            elif rare(rng, 2):
                del lines[place]
            else:
                lines.insert(place, rng.choice(lines))
        return to_bytes("\n".join(lines))
    return to_bytes(mutated_text(rng, text, words, texts))


def _draw_suite(rng: random.Random) -> bytes:
    return _toml(rng, seeds.SUITES, _TOML_WORDS) if rng.randrange(20) else to_bytes(rng.choice(seeds.SUITES))


def _read_suite(content: bytes, folder: Path) -> object:
    path = folder / "input.toml"
    path.write_bytes(content)
    points = folder / "points.csv"
    if not points.exists():
        points.write_text("x,y,w\n" + "".join(f"{n},{2 * n},{1 + n % 3}\n" for n in range(20)))

    def whole() -> None:
        suite, faults = suite_with_faults(path)
        for task in suite.tasks if suite is not None else ():
            assert len(task.fingerprint) == 64
        assert suite is not None or faults

    all_of(whole, lambda: announced_suite(path))
    return True


def _draw_study(rng: random.Random) -> bytes:
    return _toml(rng, seeds.STUDIES, _TOML_WORDS) if rng.randrange(20) else to_bytes(rng.choice(seeds.STUDIES))


def _read_study(content: bytes, folder: Path) -> object:
    """Read a study as the commands do; what is accepted must be the same when it is written and read again."""
    from srbench_lite.cli.study import study_of_file

    path = folder / "input.toml"
    path.write_bytes(content)
    study_of_file(path)
    study = read_study(content.decode("utf-8-sig"), where="a study")
    assert read_study(study_text(study), where="it") == study, "another study after it is written and read again"
    return study


def _draw_name(rng: random.Random) -> bytes:
    kind = rng.choice([*GENERATORS, "foo", ""])
    keys = [key.name for key in GENERATORS[kind].keys] if kind in GENERATORS else ["size"]
    parts = []
    for _ in range(rng.randrange(5)):
        value = rng.choice((str(rng.randint(-2, 12)), str(rng.uniform(-10, 10)), rng.choice(EXTREME_NUMBERS), "basic",
                            "add+mul", "sin+", rng.choice(EXTREME_TEXTS)))  # fmt: skip
        parts.append(f"{rng.choice((*keys, 'count', 'seed', 'foo'))}={value}")
    text = f"{kind}:{','.join(parts)}" + rng.choice(("", "", "/1", "/x", "/" + rng.choice(EXTREME_TEXTS)))
    return to_bytes(
        text if rare(rng, 2) else mutated_text(rng, text, ("=", ",", ":", "/", "size", "count", "+", "seed"))
    )


#: Tasks that are drawn for one input; a hundredth of a second each.
_MOST_DRAWN: Final = 50


def _read_name(content: bytes, folder: Path) -> object:
    text = to_text(content)
    canonical_suite(text)
    canonical_task(text)
    name = GeneratorName.parse(text)
    if name.whole("count") > _MOST_DRAWN:
        return name  # what takes seconds because so many were asked for is no fault
    suite = random_suite(text)
    if rare(random.Random(text), 20):
        return [task.fingerprint for task in suite.tasks]
    return suite.name


TEXT_TARGETS: Final = (
    Target(name="formula", ending=".txt", draw=_draw_formula, read=_read_formula),
    Target(name="translators", ending=".txt", draw=_draw_translated, read=_read_translated),
    Target(name="suite", ending=".toml", draw=_draw_suite, read=_read_suite, names_file=True),
    Target(name="study", ending=".toml", draw=_draw_study, read=_read_study, names_file=True),
    Target(name="drawn-suite", ending=".txt", draw=_draw_name, read=_read_name),
)
