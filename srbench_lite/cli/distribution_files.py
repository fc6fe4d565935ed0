"""`distribution_files`: the files of a new distribution, filled in from the templates beside this module."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Final

from srbench_lite.errors import UsageError

__all__ = ["KINDS", "check_name", "distribution_files", "names_of"]

#: What can be written, with its files: where each goes, and its template.
_FILES: Final[Mapping[str, Mapping[str, str]]] = {
    "method": {
        "pyproject.toml": "method/pyproject",
        "README.md": "method/readme",
        "$package/__init__.py": "method/package",
        "$package/method.py": "method/method",
        "$package/py.typed": "",
        "tests/test_$package.py": "method/conformance",
        ".github/workflows/check.yml": "method/github",
        ".gitlab-ci.yml": "method/gitlab",
        ".gitignore": "both/ignore",
    },
    "suite": {
        "pyproject.toml": "suite/pyproject",
        "README.md": "suite/readme",
        "$package/__init__.py": "suite/package",
        "$package/$name.toml": "suite/tasks",
        "$package/py.typed": "",
        "tests/test_$package.py": "suite/checks",
        ".github/workflows/check.yml": "suite/github",
        ".gitlab-ci.yml": "suite/gitlab",
        ".gitignore": "both/ignore",
    },
}
KINDS: Final = tuple(_FILES)
_MAX_NAME: Final = 40  # characters


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a method or a suite, and of a package on an index; raises `UsageError`."""
    if len(name) <= _MAX_NAME and re.fullmatch(r"[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?", name):
        return
    guess = re.sub(r"[^A-Za-z0-9]+", "-", name)[:_MAX_NAME].lstrip("-0123456789").rstrip("-")
    raise UsageError(
        f"a name must be letters, digits, - and _, begin with a letter, end with a letter or digit and have at most "
        f"{_MAX_NAME} characters; got {name!r}." + (f" Did you mean: {guess}?" if guess else "")
    )


def names_of(name: str) -> dict[str, str]:
    """Return what a method or suite is called where: `name`, `distribution`, `package` and `class`.

    The distribution of `two-terms` is srbench-lite-two-terms, its package srbench_lite_two_terms, its class
    TwoTermsMethod.
    """
    words = [word for word in re.split(r"[-_]+", name) if word]
    return {
        "name": name,
        "distribution": "srbench-lite-" + "-".join(words).lower(),
        "package": "srbench_lite_" + "_".join(words).lower(),
        "class": "".join(word[0].upper() + word[1:] for word in words) + "Method",
    }


def distribution_files(kind: str, name: str) -> dict[str, str]:
    """Return the files of a new distribution by their paths in its folder.

    Args:
        kind: one of `KINDS`.
        name: of the method or suite, as `check_name` allows it.
    """
    names = names_of(name)
    templates = files("srbench_lite.cli") / "templates"
    return {
        Template(path).substitute(names): Template(
            (templates / f"{source}.template").read_text(encoding="utf-8") if source else ""
        ).substitute(names)
        for path, source in _FILES[kind].items()
    }
