"""The tree of exceptions: suggestions, and texts that survive a trip between processes."""

from __future__ import annotations

import copy
import pickle

import pytest

from srbench_lite import errors
from srbench_lite.errors import SrbenchError, UnknownNameError, UsageError, suggest


def test_everything_raised_on_purpose_is_an_srbench_error() -> None:
    for name in errors.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(errors, name), SrbenchError), name
    usage = {"UnknownNameError", "DuplicateNameError", "SuiteError", "StoreError", "FullDiskError"}
    assert all(issubclass(getattr(errors, name), UsageError) for name in usage)
    assert not issubclass(errors.FitError, UsageError)


@pytest.mark.parametrize(
    ("name", "known", "text"),
    [
        ("lasos", ["lies", "lasso"], " Did you mean: lasso? Known: lasso, lies."),
        ("zzz", ["lies", "lasso", "lasso"], " Known: lasso, lies."),
        ("plain", ["sin/plain", "sin/phase"], " Did you mean: sin/plain? Known: sin/phase, sin/plain."),
        (
            "sin/plane",
            ["a/sine-plus-line", "sin/plain"],
            " Did you mean: sin/plain? Known: a/sine-plus-line, sin/plain.",
        ),
        ("x", [], " None is known."),
    ],
)
def test_suggestions_read_as_promised(name: str, known: list[str], text: str) -> None:
    assert suggest(name, known) == text


def test_a_long_list_is_cut_and_counted() -> None:
    names = [f"task-{i:03d}" for i in range(100)]
    text = suggest("nothing like it", names)
    assert text == f" Known: {', '.join(names[:12])}, ... (100 in all)."


def test_unknown_name_says_what_was_meant() -> None:
    error = UnknownNameError("method", "lasos", iter(["lasso", "lies"]))
    assert str(error) == "unknown method 'lasos'. Did you mean: lasso? Known: lasso, lies."


@pytest.mark.parametrize("name", [n for n in errors.__all__ if n.endswith("Error")])
def test_every_exception_survives_pickling_and_copying(name: str) -> None:
    """Workers send exceptions to the coordinator; a text that gets lost on the way helps nobody."""
    kind = getattr(errors, name)
    error = kind("method", "lasos", ["lasso"]) if kind is UnknownNameError else kind("what to do")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert str(twin) == str(error)
