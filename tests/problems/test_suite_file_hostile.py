"""Suite files of any content: each is a suite, or a `SuiteError`."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.errors import SuiteError
from srbench_lite.problems.suite_file import load_suite

_MEASURED = '[suite]\nname = "mine"\n[[tasks]]\nname = "a"\ndata = "points.csv"\n'

_scalar = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), st.text(max_size=5),
    st.sampled_from(["x", "log", "both", "a", "x + 1", "points.csv", "\n", "y", "\0", ".", "../", "1"]),
    st.just(datetime.date(2026, 1, 1)),
)  # fmt: skip
_value = st.recursive(
    _scalar, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=3), max_leaves=4
)


def _good() -> dict[str, Any]:
    """A suite file's content with every key there is."""
    head = {"name": "mine", "version": 2, "summary": "s", "source": "s", "n_train": 3, "n_test": 4}
    axes = {"x": {"low": -1, "high": 2.5}, "e": {"low": 1, "high": 2, "sampling": "log", "sign": "both"}}
    drawn = {"name": "a", "truth": "x + e", "version": 3, "source": "t", "n_train": 5, "n_test": 6, "variables": axes}
    measured = {"name": "b", "data": "points.csv", "target": "y", "truth": "x", "n_train": 3, "n_test": 4}
    return {"suite": head, "tasks": [drawn, measured]}


@st.composite
def _contents(draw: st.DrawFn) -> Any:
    """The good content after up to three accidents: a value replaced, a key removed, a key too many."""
    content: Any = _good()
    for _ in range(draw(st.integers(0, 3))):
        place = content
        while draw(st.integers(0, 3)):
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            inner = [place[key] for key in keys if isinstance(place[key], dict | list)]
            if not inner:
                break
            place = draw(st.sampled_from(inner))
        if isinstance(place, list):
            place.append(draw(_value))
            continue
        key = draw(st.sampled_from([*place, "q"]))
        if draw(st.booleans()) and key in place:
            del place[key]
        else:
            place[key] = draw(_value)
    return content


@given(_contents())
def test_any_content_is_a_suite_or_a_suite_error(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    """Fuzz: whatever stands in a file, the only exception is SuiteError."""
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    folder.mkdir(exist_ok=True)
    (folder / "points.csv").write_text("x,z,y\n" + "".join(f"{i},{i * i}, {2 * i}\n" for i in range(8)))
    from srbench_lite.problems import suite_file as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.tomllib, "loads", lambda text: content)
        (folder / "suite.toml").touch()
        problem = f"{folder / 'suite.toml'}: none"
        try:
            suite = load_suite(folder / "suite.toml")
        except SuiteError as error:
            problem = str(error)
        else:
            assert all(len(task.fingerprint) == 64 for task in suite.tasks)
    assert problem.startswith(f"{folder / 'suite.toml'}: ")
    first, *listed = problem.splitlines()
    assert [line.split(".")[0] for line in listed] == [f"  {number}" for number in range(1, len(listed) + 1)]
    assert not listed or first.endswith(f": {len(listed)} faults:")


@given(st.binary(max_size=80), st.text(max_size=80))
def test_any_file_is_a_suite_or_a_suite_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes, text: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    folder.mkdir(exist_ok=True)
    for content in (raw, text.encode("utf-8", "surrogatepass")):
        (folder / "suite.toml").write_bytes(content)
        with pytest.raises(SuiteError, match=r"suite\.toml"):
            load_suite(folder / "suite.toml")
        (folder / "points.csv").write_bytes(content)
        (folder / "suite.toml").write_text(_MEASURED)
        with pytest.raises(SuiteError, match=r"suite\.toml"):
            load_suite(folder / "suite.toml")
