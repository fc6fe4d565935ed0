"""Names with a prefix become methods on demand, wherever a method is looked up by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from srbench_lite.cli.options import chosen_methods
from srbench_lite.errors import UnknownNameError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods import made_methods
from srbench_lite.methods.discovery import discover
from srbench_lite.methods.made_methods import (
    folders_elsewhere,
    how_to_set,
    is_made,
    lacks_here,
    made_method,
    name_elsewhere,
    short_name,
)
from srbench_lite.methods.method import Budget, Fit, Method, Report
from srbench_lite.problems.data import Samples

REGISTRY = discover(entry_points=())


@dataclass(frozen=True, kw_only=True)
class Made(Method):
    """Answers a number."""

    name: ClassVar[str] = "fake"
    summary: ClassVar[str] = "a number"
    source: ClassVar[str] = "folklore"

    value: float = 1.0

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return Fit(expression=Expression.constant(self.value))


@pytest.fixture(autouse=True)
def fake_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Methods are also made of names such as `fake:a.b:Class`."""

    def maker(text: str) -> Method:
        if not text:
            raise UsageError("fake: needs a text")
        return type("Made", (Made,), {"name": f"fake:{text}"})()

    monkeypatch.setattr(made_methods, "MAKERS", {"fake": maker})


def test_a_name_with_a_prefix_becomes_a_method():
    method = REGISTRY.method("fake:a.b:Class")
    assert (method.name, method.parameters()) == ("fake:a.b:Class", {"value": 1.0})
    assert method.with_parameters({"value": "2"}).parameters() == {"value": 2.0}
    assert REGISTRY.owner(method.name).name == "core"
    assert name_elsewhere(method) == method.name


def test_what_only_made_methods_are_asked_may_be_hyper_parameters_of_others():
    @dataclass(frozen=True, kw_only=True)
    class Asked(Made):
        name_elsewhere: str = "nowhere"
        beside: float = 0.5
        how_to_set: str = "at random"
        lacks: bool = True

    method = Asked()
    assert (name_elsewhere(method), folders_elsewhere(method)) == ("fake", ())
    assert (how_to_set(method), lacks_here(method)) == (None, None)


def test_what_is_no_such_name():
    assert made_method("lasso") is None
    assert (is_made("fake:x"), is_made("fake"), is_made("other:x")) == (True, False, False)
    with pytest.raises(UnknownNameError, match=r"unknown prefix of a method 'fale'. Did you mean: fake\?"):
        REGISTRY.method("fale:x")
    with pytest.raises(UsageError, match=r"fake needs a text after a colon .* fake:TEXT"):
        REGISTRY.method("fake")
    with pytest.raises(UsageError, match="fake: needs a text"):
        REGISTRY.method("fake:")
    with pytest.raises(UnknownNameError, match="unknown method 'nothing'"):
        REGISTRY.method("nothing")
    assert [REGISTRY.find_method(name) for name in ("fake:", "nothing", "fale:x")] == [None] * 3


@pytest.mark.parametrize(
    ("names", "setting", "changed"),
    [
        (["fake:a.b:Class"], "fake:a.b:Class.value=3", "fake:a.b:Class"),
        (["fake:a.b:Class"], "Class.value=3", "fake:a.b:Class"),
        (["fake:a", "fake:a.value=1 b"], "fake:a.value=1 b.value=3", "fake:a.value=1 b"),
        (["fake:a", "fake:a.b"], "fake:a.value=3", "fake:a"),
    ],
)
def test_a_setting_is_of_the_longest_name_that_it_can_be(names, setting, changed):
    values = {m.name: m.parameters()["value"] for m in chosen_methods(REGISTRY, names, [setting])}
    assert values == {name: 3.0 if name == changed else 1.0 for name in names}


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("Class.value=3", "Class in --set may be fake:a:Class or fake:b:Class; write the whole name"),
        ("fake:a:Class.values=3", "unknown hyper-parameter of fake:a:Class 'values'. Did you mean: value"),
        ("fake:a:Class.value", "--set must be METHOD.PARAMETER=VALUE"),
        ("fake:a:Class=3", "--set must be METHOD.PARAMETER=VALUE"),
        ("other.value=3", "unknown method in --set 'other'"),
    ],
)
def test_a_setting_of_nobody(setting, complaint):
    with pytest.raises(UsageError) as caught:
        chosen_methods(REGISTRY, ["fake:a:Class", "fake:b:Class"], [setting])
    assert complaint in str(caught.value)


def test_the_short_name_is_the_last_word():
    assert short_name("fake:a.b:Class") == "Class"
    assert short_name("fake:./program --option") == "fake:./program --option"
    assert short_name("lasso") == "lasso"
