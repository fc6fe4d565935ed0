"""What an interpreter says of itself."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys

from srbench_lite.environments import inside
from srbench_lite.environments.inside import facts


def told(*, path: object = "") -> dict[str, object]:
    """Run it as a program that looks for packages in one more folder."""
    done = subprocess.run(
        [sys.executable, inside.__file__], env={**os.environ, "PYTHONPATH": str(path)}, capture_output=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_this_python_is_described_as_it_is():
    here = facts()

    assert here["python"] == platform.python_version()
    assert here["implementation"] == platform.python_implementation()
    assert here["numpy"] is None
    assert here["packages"]["numpy"] == importlib.metadata.version("numpy")


def test_a_numpy_that_cannot_be_imported_is_explained(tmp_path):
    (tmp_path / "numpy.py").write_text("print('loading')\nraise RuntimeError('built for\\n another machine')\n")

    assert told(path=tmp_path)["numpy"] == "RuntimeError: built for another machine"


def test_a_numpy_that_ends_the_process_is_explained(tmp_path):
    (tmp_path / "numpy.py").write_text("import sys\nsys.exit(4)\n")

    assert told(path=tmp_path)["numpy"] == "SystemExit: 4"


def test_what_comes_from_a_checkout_has_its_commit(tmp_path):
    for name, origin in {
        "theirs": {"url": "https://example.org/theirs", "vcs_info": {"vcs": "git", "commit_id": "0123456789abcdef"}},
        "local": {"url": "file:///somewhere", "dir_info": {}},
        "broken": [],
    }.items():
        about = tmp_path / f"{name}-1.5.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
        (about / "direct_url.json").write_text(json.dumps(origin))
    packages = told(path=tmp_path)["packages"]

    assert {name: packages[name] for name in ("theirs", "local", "broken")} == {
        "theirs": "1.5@0123456789ab", "local": "1.5", "broken": "1.5",
    }  # fmt: skip
