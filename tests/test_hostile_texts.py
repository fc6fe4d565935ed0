"""Texts of strangers in every place that a record has, through every command: nothing acts, nothing breaks out.

A store of hostile texts is printed beside one of harmless texts. HTML must have no element and no attribute that the
harmless one does not give, LaTeX and Markdown no sign that is not escaped, and a terminal no character that it acts on.
"""

from __future__ import annotations

import csv
import html.parser
import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from records import failure, record

from srbench_lite.cli import cli
from srbench_lite.errors import ExpressionError, SrbenchError, StoreError
from srbench_lite.methods.printed_formula import notations
from srbench_lite.recording.exchange import read_records
from srbench_lite.recording.output import pack_output
from srbench_lite.recording.record import Record, Status
from srbench_lite.recording.store import Store
from srbench_lite.reports.fitted_table import fitted_table

#: Names that are far too long leave a figure no room.
pytestmark = pytest.mark.filterwarnings("ignore:constrained_layout not applied")
_MARK = "Zq"
#: Signs that mean something in LaTeX or Markdown, each between marks, so that one that is not escaped is found.
_SIGNS = "".join(f"{_MARK}{sign}{_MARK}" for sign in "\\{}$&#^_%~|`<>[]*")
_HOSTILE = (
    "<img src=x onerror=alert(1)>", '"><script>alert(1)</script>', "' onclick='alert(1)", "</script><!--", "]]>",
    "&lt;b&gt;&#60;i&#62;", "javascript:alert(1)", "[l](javascript:alert(1))", "{{1}}", "${1}", "\\input{/etc/passwd}",
    "\\end{tabular}", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "a\rb", "a\nb", "a\tb", "\x9b31m", "\u202eright",
    "\u2066", "\u200b", "\u2028", "\x7f", "\x00", "../../../etc/passwd", "=1+1", _SIGNS,
)  # fmt: skip
#: Those of one line that can be printed: no other is a name.
_HOSTILE_NAMES = tuple(text for text in _HOSTILE if text.isprintable())
_HARMLESS = "plain words"
_ACTING = ("Cc", "Cf", "Cs", "Zl", "Zp")


def _texts(parts: tuple[str, ...]) -> Iterator[str]:
    """Yield texts for ever, each with a number of its own so that names differ."""
    number = 0
    while True:
        number += 1
        yield f"{'=' if len(parts) > 1 else 'n'}{number} {' '.join(parts)}"


def _records(*, hostile: bool) -> list[Record]:
    """Return runs of two methods on two tasks of two suites, with texts in every column that has some."""
    text = _texts(_HOSTILE if hostile else (_HARMLESS,))
    name = _texts(_HOSTILE_NAMES if hostile else (_HARMLESS,))
    made = []
    tasks = [(suite, f"{suite}/{next(name)}") for suite in (next(name), next(name)) for _ in range(2)]
    methods = [next(name) for _ in range(2)]
    version, source = next(name), next(name)
    truth, metric = next(text), next(text)
    for suite, task in tasks:
        for method in methods:
            for seed in range(2):
                shared: dict[str, Any] = {
                    "suite": suite,
                    "task": task, "method": method, "seed": seed, "truth": truth, "method_version": version,
                    "method_source": source, "parameters": {truth: version},
                    "extras": {next(text): next(text), "warnings": {next(text): 3}, "seconds": {next(text): 1.0}},
                    "environment": {"cpu": truth, "host": truth, "python": truth, "commit": truth,
                                    next(text): next(text), "packages": {truth: truth}, "srbench_lite": truth},
                    "complaint": next(text), "noise_definition": version, "task_fingerprint": f"{task} {version}",
                }  # fmt: skip
                if seed and method == methods[0]:
                    made.append(failure(Status.CRASHED, next(text), **shared))
                else:
                    odd = {"expression": next(text), "aligned": next(text), "candidates": (next(text), "x"),
                           "verdict_by": version, "metrics": {metric: 0.5},
                           "reports": ((0.5, next(text)), (1.0, "x"))}  # fmt: skip
                    made.append(record(**shared, **odd))
    return made


def _store(folder: Path, *, hostile: bool) -> list[Record]:
    made = _records(hostile=hostile)
    with Store(folder / "a.db") as store:
        for one in made:
            store.add(one)
        output = "\n".join(_HOSTILE) if hostile else _HARMLESS
        store._connection.execute("INSERT INTO outputs VALUES (?, ?)", [made[0].key, pack_output(output)])
        store.keep_study(f'methods = ["{_HARMLESS}"]\n')
    return made


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, tuple[Path, list[Record]]]:
    """By whether it is hostile: a folder with a store, and its records."""
    folders = {hostile: tmp_path_factory.mktemp("hostile" if hostile else "harmless") for hostile in (False, True)}
    return {hostile: (folder, _store(folder, hostile=hostile)) for hostile, folder in folders.items()}


_STORE = ("--store", "a.db")
_METHOD, _OTHER, _TASK, _KEY = "METHOD", "OTHER", "TASK", "KEY"
#: Commands that read a store; names in capital letters stand for names of its records.
_COMMANDS: dict[str, tuple[str, ...]] = {
    "leaderboard": ("leaderboard", *_STORE),
    "leaderboard-overall": ("leaderboard", "--overall", *_STORE),
    "leaderboard-markdown": ("leaderboard", "--format", "markdown", *_STORE),
    "leaderboard-latex": ("leaderboard", "--format", "latex", *_STORE),
    "leaderboard-json": ("leaderboard", "--format", "json", *_STORE),
    "leaderboard-csv": ("leaderboard", "--format", "csv", *_STORE),
    "breakdown": ("breakdown", *_STORE),
    "breakdown-markdown": ("breakdown", "--format", "markdown", *_STORE),
    "compare": ("compare", _METHOD, _OTHER, *_STORE),
    "compare-markdown": ("compare", _METHOD, _OTHER, "--format", "markdown", *_STORE),
    "ablation": ("ablation", _METHOD, *_STORE),
    "history": ("history", _METHOD, *_STORE),
    "history-markdown": ("history", _METHOD, "--format", "markdown", *_STORE),
    "history-latex": ("history", _METHOD, "--format", "latex", *_STORE),
    "show": ("show", _TASK, *_STORE),
    "show-long": ("show", _TASK, "--long", *_STORE),
    "log": ("log", _KEY, *_STORE),
    "reproduce": ("reproduce", _KEY, *_STORE),
    "plot": ("plot", _TASK, "--out", "figures", *_STORE),
    "status": ("status", *_STORE),
    "rescore": ("rescore", "--dry-run", *_STORE),
    "delete": ("delete", "--method", _METHOD, "--dry-run", *_STORE),
    "submit": ("submit", "--check", "a.db", "--sample", "2"),
    "submit-json": ("submit", "--check", "a.db", "--sample", "0", "--json"),
    "import": ("import", "a.db", "--store", "other.db"),
    "import-verify": ("import", "a.db", "--store", "third.db", "--verify"),
    "export": ("export", "--out", "a.csv", *_STORE),
    "run": ("run", "--dry-run", "a.db"),
    "unknown-method": ("leaderboard", "--method", "\x1b[31m\u202e\n<b>", *_STORE),
    "unknown-task": ("show", "\x1b[31m\u202e\n<b>", *_STORE),
    "baseline": ("baseline", "--out", "baseline.json", *_STORE),
    "check": ("check", "--baseline", "baseline.json", "--markdown", "check.md", "--junit", "check.xml", *_STORE),
    "report": ("report", "--out", "page.html", *_STORE),
    "site": ("site", "--out", "site", "ours=a.db"),
    "paper": ("paper", "--out", "paper", *_STORE),
}  # fmt: skip


def _called(words: tuple[str, ...], made: tuple[Path, list[Record]], patch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Call a command in the folder of a store; return its exit code and what it printed."""
    folder, records = made
    methods = sorted({one.method for one in records})
    names = {_METHOD: methods[0], _OTHER: methods[1], _TASK: records[0].task, _KEY: records[0].key}
    patch.chdir(folder)
    patch.setenv("COLUMNS", "120")
    patch.setattr("sys.argv", ["srbench"])
    words = tuple(names.get(word, word) for word in words)
    result = CliRunner().invoke(cli, list(words), standalone_mode=False)
    if isinstance(result.exception, SrbenchError):
        return 2, result.output + _said(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), (words[0], result.exception)
    return int(result.return_value or 0), result.output


def _said(error: Exception) -> str:
    """Return an error as the command line prints it."""
    from srbench_lite.cli.streams import bounded
    from srbench_lite.recording.output import safely_shown

    return safely_shown(bounded(f"Error: {error}"))


def _acting(text: str) -> set[str]:
    """Return the characters of a text that a terminal acts on, or that change how others look."""
    return {character for character in set(text) - {"\n"} if unicodedata.category(character) in _ACTING}


#: Commands that write data for programs to the standard output: values are not to be changed there.
_DATA = ("leaderboard-csv",)


@pytest.mark.parametrize("name", [name for name in _COMMANDS if name not in _DATA])
def test_nothing_that_is_printed_acts_on_a_terminal(made, monkeypatch, name: str) -> None:
    """Names, reasons, formulas and errors are printed with what acts spelled out."""
    if name == "check":
        for hostile in (False, True):
            _called(_COMMANDS["baseline"], made[hostile], monkeypatch)
    code, out = _called(_COMMANDS[name], made[True], monkeypatch)
    clean, _ = _called(_COMMANDS[name], made[False], monkeypatch)
    assert _acting(out) == set(), out
    assert code == clean, out
    assert out


# --- HTML -------------------------------------------------------------------------------------------------------------


class _Shape(html.parser.HTMLParser):
    """The elements and attributes of a page, and the values of those that lead somewhere."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[tuple[str, str]] = set()
        self.targets: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements |= {(tag, "")} | {(tag, name) for name, _ in attrs}
        self.targets |= {str(value) for name, value in attrs if name in ("href", "src", "action", "style")}

    def handle_comment(self, data: str) -> None:
        self.elements.add(("comment", ""))

    def handle_pi(self, data: str) -> None:
        self.elements.add(("instruction", ""))


def _shape(text: str) -> _Shape:
    shape = _Shape()
    shape.feed(text)
    shape.close()
    return shape


@pytest.mark.parametrize("name", ["report", "site"])
def test_pages_have_the_elements_of_harmless_ones(made, monkeypatch, name: str) -> None:
    """No text becomes an element, an attribute, a script or a link that acts."""
    found: dict[bool, dict[str, _Shape]] = {}
    for hostile in (False, True):
        _called(_COMMANDS[name], made[hostile], monkeypatch)
        folder = made[hostile][0]
        pages = sorted([*folder.rglob("*.html"), *folder.rglob("*.svg")])
        assert pages
        found[hostile] = {str(number): _shape(path.read_text(encoding="utf-8")) for number, path in enumerate(pages)}
    harmless = set().union(*(shape.elements for shape in found[False].values()))
    for shape in found[True].values():
        assert shape.elements - harmless == set()
        assert not [
            target for target in shape.targets if target.lower().lstrip().startswith(("javascript:", "data:text"))
        ]


# --- LaTeX and Markdown -----------------------------------------------------------------------------------------------

_LATEX_SIGNS = "\\{}$&#^_%~"


def _unescaped_latex(text: str) -> set[str]:
    """Return the signs that stand as they are between marks."""
    shown = "\n".join(line for line in text.splitlines() if not line.startswith("%"))  # but in a comment
    shown = re.sub(r"\\texttt\{((?:\\[{}]|\{\}|[^{}])*)\}", r"\1", shown)  # what stands between backticks
    return {sign for sign in _LATEX_SIGNS if f"{_MARK}{sign}{_MARK}" in shown}


@pytest.mark.parametrize("name", ["leaderboard-latex", "history-latex"])
def test_latex_has_no_sign_that_is_not_escaped(made, monkeypatch, name: str) -> None:
    """A name is text, whatever signs are in it."""
    _, out = _called(_COMMANDS[name], made[True], monkeypatch)
    assert _MARK in out
    assert _unescaped_latex(out) == set()
    assert not [line for line in out.splitlines() if "\\input{/etc" in line and not line.startswith("%")]


def test_the_paper_has_no_sign_that_is_not_escaped(made, monkeypatch) -> None:
    """Nor has any file of a paper."""
    _called(_COMMANDS["paper"], made[True], monkeypatch)
    files = sorted((made[True][0] / "paper").rglob("*.tex"))
    assert any(_MARK in path.read_text(encoding="utf-8") for path in files)
    for path in files:
        text = path.read_text(encoding="utf-8")
        named = {"_"} if path.name == "macros.tex" else set()  # what a macro is called may have it
        assert (path.name, _unescaped_latex(text) - named) == (path.name, set())
        assert "\\input{/etc" not in text
        assert _acting(text) == set(), path.name


@pytest.mark.parametrize("name", ["leaderboard-markdown", "breakdown-markdown", "compare-markdown", "history-markdown"])
def test_markdown_cells_stay_cells(made, monkeypatch, name: str) -> None:
    """A row has as many cells as its head, and no text is a link, an image or an element."""
    _, out = _called(_COMMANDS[name], made[True], monkeypatch)
    assert _MARK in out
    tables = [block.splitlines() for block in re.split(r"\n\s*\n", out) if block.lstrip().startswith("|")]
    assert tables
    for table in tables:
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {len(re.findall(r"(?<!\\)\|", table[0]))}
    assert "<img" not in out
    assert "<script" not in out
    assert not re.search(r"(?<!\\)\[l\]\(", out)


# --- data -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "csv.gz"])
def test_exports_give_back_what_was_put_in(made, monkeypatch, ending: str) -> None:
    """Texts are data there: nothing is escaped that is not read back."""
    folder, records = made[True]
    _called(("export", "--out", f"back.{ending}", *_STORE), made[True], monkeypatch)
    back = {one.key: one.to_row() | {"judged_here": 1} for one in read_records(folder / f"back.{ending}")}
    assert back == {one.key: one.to_row() for one in records}


def test_tables_as_csv_begin_with_no_sign_of_a_spreadsheet(made, monkeypatch) -> None:
    """A table for people is opened in a spreadsheet, which would take =1+1 for a formula."""
    _, out = _called(_COMMANDS["leaderboard-csv"], made[True], monkeypatch)
    rows = list(csv.reader(io.StringIO(out)))
    cells = [cell for row in rows for cell in row if _MARK in cell]
    assert cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("column", ["suite", "task", "method", "method_version", "method_source"])
@pytest.mark.parametrize("text", ["a\nb", "a\x1b[31m", "a\u202e", "a\u200b", "a\x00", "x" * 3_000], ids=ascii)
def test_a_name_is_one_line_that_can_be_printed(column: str, text: str) -> None:
    """A name stands in messages, tables and labels: one that hides something or breaks a line is refused."""
    changes = {column: f"{text}/a" if column == "suite" else f"sin/{text}" if column == "task" else text}
    if column == "suite":
        changes["task"] = f"{changes['suite']}/a"
    with pytest.raises(StoreError, match=f"a record's {column} must be one line"):
        Record.from_row(record(**changes).to_row())


@pytest.mark.parametrize(
    "text",
    ["y" + " " * 200_000, "f(" + "x" * 200_000, " " * 200_000, "y " * 100_000, "=" * 200_000],
    ids=lambda text: text[:2],
)
def test_the_left_side_of_a_long_text_is_found_in_one_pass(text: str) -> None:
    """A pattern that goes back over blanks again and again would take minutes here."""
    for notation in notations(("x",)):
        with pytest.raises(ExpressionError):
            notation.read(text)


def test_a_long_cell_is_fitted_in_one_pass() -> None:
    """So would one that looks for a bracket from every blank to the end."""
    assert fitted_table(["A"], [["a " * 100_000]], keys=1, ruled=False)
