"""What ships: the wheel is built and looked into, and imports keep to the one door."""

from __future__ import annotations

import ast
import configparser
import os
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT

from srbench_lite.methods.code_fingerprint import _Unit

#: What peers run, by the modules that they import: packages in environments of their own.
PEERS = {"HROCH", "bingo", "eggp", "gplearn", "psrn", "pyoperon", "pysindy", "pysr", "rils_rols"}
CORE = ROOT / "srbench_lite"
PACKAGES = sorted(p.parent for part in ("plugins", "tasks") for p in ROOT.glob(f"{part}/srbench_*/__init__.py"))


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    from hatchling import build

    folder = tmp_path_factory.mktemp("wheel")
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        name = build.build_wheel(str(folder))
    finally:
        os.chdir(before)
    with zipfile.ZipFile(folder / name) as wheel:
        yield wheel


def test_there_is_something_to_ship():
    assert {"srbench_lasso", "srbench_sin", "srbench_composite", "srbench_poly2"} <= {p.name for p in PACKAGES}


def test_only_our_names_are_at_the_top(wheel):
    tops = {name.split("/", 1)[0] for name in wheel.namelist()}
    metadata = {top for top in tops if top.endswith(".dist-info")}
    assert len(metadata) == 1
    assert tops - metadata == {"srbench_lite", *(package.name for package in PACKAGES)}
    assert all(top.startswith("srbench_") for top in tops)


@pytest.mark.parametrize("package", [CORE, *PACKAGES], ids=lambda package: package.name)
def test_every_file_of_a_package_ships(wheel, package):
    """Sources, type marker, data files and weights; only documentation and caches stay."""
    there = {
        f"{package.name}/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in (".md", ".ipynb", ".pyc")
    }
    assert f"{package.name}/__init__.py" in there
    assert f"{package.name}/py.typed" in there
    assert there == {name for name in wheel.namelist() if name.startswith(f"{package.name}/")}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_the_code_of_a_method_is_the_same_files_in_a_wheel_and_in_a_checkout(wheel, package):
    files = {name for name, _ in _Unit(package.name, package).files()}
    assert files == {name for name in wheel.namelist() if name.startswith(f"{package.name}/")}


def test_nothing_else_ships(wheel):
    shipped = [Path(name) for name in wheel.namelist() if ".dist-info/" not in name]
    assert not {path.suffix for path in shipped} & {".md", ".ipynb", ".pyc", ".db", ".log"}
    suites = {path.parent.name for path in ROOT.glob("tasks/srbench_*/*.toml")}
    assert {str(path.parent) for path in shipped if path.suffix == ".toml"} == suites
    assert not [name for name in wheel.namelist() if "test" in name.lower() and name != "srbench_lite/testing.py"]


def test_every_package_is_an_entry_point(wheel):
    (path,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    parser = configparser.ConfigParser()
    parser.read_string(wheel.read(path).decode())
    expected = {package.name.removeprefix("srbench_"): package.name for package in PACKAGES}
    assert dict(parser["srbench_lite"]) == expected
    assert dict(parser["console_scripts"]) == {
        "srbench": "srbench_lite.__main__:main",
        "srbench-goals": "srbench_goals.cli:main",
        "srbench-transformer": "srbench_transformer.cli:main",
        "srbench-weights": "srbench_weight_decoder.cli:main",
    }


def test_the_metadata(wheel):
    import srbench_lite

    (path,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    text = wheel.read(path).decode()
    assert f"\nVersion: {srbench_lite.__version__}\n" in text
    assert "\nName: srbench-lite\n" in text
    assert "\nLicense-Expression: MIT\n" in text
    assert [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]


# --- who imports whom -----------------------------------------------------------------------------------------------


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a source imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} has a relative import"
            yield node.module or ""


SOURCES = {path: sorted(set(imports(path))) for folder in (CORE, *PACKAGES) for path in sorted(folder.rglob("*.py"))}


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if CORE in p.parents], ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_the_core_knows_no_plugin_by_name(path):
    own = {package.name for package in PACKAGES}
    assert [name for name in SOURCES[path] if name.split(".")[0] in own] == []
    assert [word for word in own if word in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if CORE not in p.parents], ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_a_plugin_imports_only_what_is_offered(path):
    """`srbench_lite`, `srbench_lite.fitting`, its own modules, other plugins' top levels: what a stranger's can too."""
    package = next(package for package in PACKAGES if package in path.parents)
    offered = {"srbench_lite", "srbench_lite.fitting", *(package.name for package in PACKAGES)}
    ours = {name for name in SOURCES[path] if name.startswith("srbench_")}
    assert sorted(name for name in ours - offered if name.split(".")[0] != package.name) == []


def test_nobody_imports_the_folders():
    assert [p for p, names in SOURCES.items() if {n.split(".")[0] for n in names} & {"plugins", "tasks", "tests"}] == []


def test_everything_imported_is_declared():
    """A third-party module that is imported stands in [project] dependencies, is optional, or is a peer's own."""
    import sys

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = [d for extra, names in project["optional-dependencies"].items() if extra != "test" for d in names]
    declared = {d.split(">")[0].split("<")[0].split("=")[0].strip() for d in (*project["dependencies"], *optional)}
    declared |= {"mpmath"}  # a dependency of SymPy that SymPy's users import
    declared |= {"vl_convert"} if "vl-convert-python" in declared else set()  # whose module is called otherwise
    declared |= {"dask"} if "distributed" in declared else set()  # which is made for it
    declared |= {"sklearn"} if "scikit-learn" in declared else set()  # as is this one
    used = {n.split(".")[0] for names in SOURCES.values() for n in names}
    ours = {"srbench_lite", *(package.name for package in PACKAGES)}
    assert used - set(sys.stdlib_module_names) - ours - declared == PEERS


def test_the_packages_of_peers_are_imported_where_a_peer_searches():
    """They are in environments of their own: no module needs one to be imported."""
    peers = ROOT / "plugins" / "srbench_peers"
    tops = {path: ast.parse(path.read_text(encoding="utf-8")).body for path in peers.glob("*.py")}
    named = {
        name.split(".")[0]
        for body in tops.values()
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert named & PEERS == set()
