"""`distribution_files`: the files of a new distribution, filled in from the templates beside this module."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Template
from typing import Final

from srbench_lite.cli.ci_files import GateJob, ci_file, read_template
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
        ".gitignore": "both/ignore",
    },
    "suite": {
        "pyproject.toml": "suite/pyproject",
        "README.md": "suite/readme",
        "$package/__init__.py": "suite/package",
        "$package/$name.toml": "suite/tasks",
        "$package/py.typed": "",
        "tests/test_$package.py": "suite/checks",
        ".gitignore": "both/ignore",
    },
}
KINDS: Final = tuple(_FILES)
#: Where the files of CI services go, and what they check besides the gate: of both kinds, and of each.
_PIPELINES: Final = {"github": ".github/workflows/check.yml", "gitlab": ".gitlab-ci.yml"}
_CHECKS: Final = ("ruff check . && ruff format --check . && mypy", "pytest")
_CHECKS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "method": (
        "srbench conform $name",
        "srbench run --method $name --suite sin --time-limit 20 --store first.db --quiet",
    ),
    "suite": (
        "srbench check-suite $name",
        "srbench run --method lies-fast --suite $name --time-limit 20 --store first.db --quiet",
    ),
}
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
    made = {
        Template(path).substitute(names): Template(read_template(source) if source else "").substitute(names)
        for path, source in _FILES[kind].items()
    }
    checks = [Template(command).substitute(names) for command in (*_CHECKS, *_CHECKS_OF[kind])]
    pipelines = {path: ci_file(service, GateJob(install="-e ."), checks) for service, path in _PIPELINES.items()}
    return made | pipelines
