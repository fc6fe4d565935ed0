"""The folders are the line: imports go one way along it, and tests stand where their modules stand."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from places import ROOT, TESTS

CORE = ROOT / "srbench_lite"
#: Who may import whom: a folder or module imports from those before its own line only, and from itself.
LEVELS = (
    ("_version", "errors"),
    ("files",),
    ("expressions",),
    ("problems",),
    ("methods", "fitting"),
    ("environments",),
    ("judging",),
    ("recording",),
    ("comparing",),
    ("checking",),
    ("reports",),
    ("running",),
    ("regression",),
    ("testing",),
    ("cli",),
    ("__init__", "__main__"),
)
LEVEL = {part: level for level, parts in enumerate(LEVELS) for part in parts}
MODULES = sorted(CORE.rglob("*.py"))


def part_of(path: Path) -> str:
    """The folder of the core that a module is in, or its own name where it is in none."""
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Every module or name of the core that a source imports, wherever in the file, type checking included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("srbench_lite.") for name in names if name.startswith("srbench_lite.")}


def test_every_folder_has_its_level():
    assert {part_of(path) for path in MODULES} == set(LEVEL)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(CORE).as_posix())
def test_imports_go_one_way(path):
    own = part_of(path)
    above = sorted(
        name
        for name in imported(path)
        if (part := name.split(".")[0]) != own and LEVEL.get(part, LEVEL["__init__"]) >= LEVEL[own]
    )
    if own != "__init__":  # the top level offers names of every folder
        assert above == []


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.stem not in ("__init__", "__main__", "_version")],
    ids=lambda path: path.relative_to(CORE).as_posix(),
)
def test_every_module_has_a_test_file_of_its_name(path):
    folder = TESTS / path.relative_to(CORE).parent
    assert [*folder.glob(f"test_{path.stem}.py"), *folder.glob(f"test_{path.stem}_*.py")], f"no test in {folder}"


def test_every_test_file_is_named_after_a_module():
    folders = {path.name for path in CORE.iterdir() if path.is_dir()}
    modules = {path.relative_to(CORE).with_suffix("").as_posix() for path in MODULES}
    stray = []
    for folder in sorted(folders):
        for path in sorted((TESTS / folder).rglob("test_*.py")):
            place, words = path.relative_to(TESTS).parent.as_posix(), path.stem.removeprefix("test_").split("_")
            names = {f"{place}/{'_'.join(words[:n])}" for n in range(1, len(words) + 1)} | {f"{place}/__init__"}
            of_package = words[:1] == [path.parent.name]
            if not names & modules - {f"{place}/__init__"} and not of_package:
                stray.append(path.relative_to(TESTS).as_posix())
    assert stray == []


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in MODULES}), ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_every_folder_says_what_lives_in_it(folder):
    top = folder if folder.parent in (ROOT, CORE) else folder.parent
    assert (top / "README.md").is_file()
