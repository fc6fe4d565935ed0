"""The files of a new distribution: whole, in one style, and true to their names."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.cli.distribution_files import KINDS, check_name, distribution_files, names_of
from srbench_lite.errors import UsageError

LONGEST = "abcdefghij-klmnopqrst-abcdefghij-klmnopq"


def test_names_follow_from_one():
    assert names_of("two-terms") == {
        "name": "two-terms", "distribution": "srbench-lite-two-terms", "package": "srbench_lite_two_terms",
        "class": "TwoTermsMethod",
    }  # fmt: skip


@given(st.from_regex(r"[A-Za-z]([A-Za-z0-9_-]{0,38}[A-Za-z0-9])?", fullmatch=True))
def test_every_allowed_name_gives_names_that_python_takes(name):
    check_name(name)
    names = names_of(name)
    assert names["package"].isidentifier()
    assert names["class"].isidentifier()
    assert not names["distribution"].endswith("-")


@pytest.mark.parametrize("name", ["", "7up", "-a", "a-", "a b", "../a", "a/b", "é", "a.b", "a\n", "a" * 41])
def test_other_names_are_refused(name):
    with pytest.raises(UsageError, match="a name must be letters, digits, - and _"):
        check_name(name)


def test_a_refused_name_comes_with_one_that_is_allowed():
    with pytest.raises(UsageError, match=r"Did you mean: my-method\?$"):
        check_name("my method!")


@pytest.mark.parametrize("kind", KINDS)
def test_the_entry_point_leads_to_the_package(kind):
    files = distribution_files(kind, "two-terms")
    project = tomllib.loads(files["pyproject.toml"])["project"]
    assert project["name"] == "srbench-lite-two-terms"
    assert project["entry-points"]["srbench_lite"] == {"two-terms": "srbench_lite_two_terms"}
    assert "license" not in project
    assert "srbench_lite_two_terms/__init__.py" in files
    assert "$" not in "".join(text for path, text in files.items() if not path.endswith(".yml"))


@pytest.mark.parametrize("kind", KINDS)
def test_both_pipelines_run_the_same(kind):
    """Tests, the check of the kit, a short run, and the gate."""
    files = distribution_files(kind, "mine")
    check = {"method": "srbench conform mine", "suite": "srbench check-suite mine"}[kind]
    for path in (".github/workflows/check.yml", ".gitlab-ci.yml"):
        for words in ('pip install "$SRBENCH_LITE" -e', "ruff check .", "pytest", check, "srbench run --method ",
                      "srbench check --within 10min "):  # fmt: skip
            assert words in files[path]


@pytest.mark.parametrize("name", ["a", LONGEST])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_clean(kind, name, tmp_path):
    assert len(LONGEST) == 40
    for path, text in distribution_files(kind, name).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    for command in (["check", "--no-cache", "."], ["format", "--no-cache", "--check", "."]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
