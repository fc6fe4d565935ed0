"""Every command beside every file that is no store, or a damaged one: one clear line, and nothing is lost or left.

A command that only reads changes no byte of what stands there, and one that writes none of what it refuses.
"""

from __future__ import annotations

import errno
import os
import random
import re
import shlex
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from commands import Said, srbench
from folders import ordinary_user
from records import many, record

from srbench_lite.errors import StoreError
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.schema import APPLICATION
from srbench_lite.recording.store import Store

READERS = (
    "leaderboard --store STORE",
    "leaderboard --format csv --out out.csv --store STORE",
    "breakdown --store STORE",
    "compare good other --store STORE",
    "ablation good --store STORE",
    "ablation good --from STORE",
    "history good --store STORE",
    "history good --from STORE",
    "baseline --out base.json --store STORE",
    "check --baseline made.json --store STORE",
    "check --baseline STORE",
    "report --out page.html --store STORE",
    "site --out site STORE",
    "paper --out paper --store STORE",
    "show sin/plain --store STORE",
    "log sin/plain --store STORE",
    "reproduce sin/plain --store STORE",
    "plot sin/plain --out figures --store STORE",
    "export --out out.json --store STORE",
    "export --out out.csv --store STORE",
    "import STORE --store new.db",
    "run STORE --dry-run",
    "run -m mean -s sin --dry-run --store STORE",
    "rescore --dry-run --store STORE",
)
WRITERS = (
    "run -m mean -t sin/plain -q --store STORE",
    "import good.json --store STORE",
    "rescore --store STORE",
    "delete --method good --yes --store STORE",
)
#: What commands write beside a store when all is well.
MADE = ("out.csv", "base.json", "page.html", "site", "paper", "figures", "out.json", "new.db")


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()


def _newer(path: Path) -> None:
    shutil.copy("good.db", path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def _without_tables(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("PRAGMA user_version = 6")
    connection.close()


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path.name)  # a path of any length would not do


def _changed(path: Path) -> None:
    """Overwrite a page in the middle: no longer what SQLite wrote."""
    content = Path("good.db").read_bytes()
    middle = len(content) // 2 // 4096 * 4096
    path.write_bytes(content[:middle] + b"\xa5" * 4096 + content[middle + 4096 :])


NO_FILE = "a device or a pipe|there is no"
#: What may stand where a store should: how it is made, and words of what is said of it.
BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda path: None, "there is no"),
    "an empty file": (Path.touch, "is empty"),
    "text": (lambda path: path.write_text("my notes\n" * 500), "is no SQLite file"),
    "the start of a store": (
        lambda path: path.write_bytes(Path("good.db").read_bytes()[:50]),
        "no SQLite|damaged|empty",
    ),
    "a head and nothing": (lambda path: path.write_bytes(b"SQLite format 3\0" + b"x" * 9000), "no SQLite|damaged"),
    "half a store": (lambda path: path.write_bytes(Path("good.db").read_bytes()[:20000]), "damaged"),
    "a store of another program": (_foreign, "of another program"),
    "a newer store": (_newer, "schema version 99"),
    "a store without tables": (_without_tables, "damaged"),
    "a folder": (Path.mkdir, "folder|directory"),
    "a pipe": (lambda path: os.mkfifo(path), NO_FILE),
    "a socket": (_socket, NO_FILE),
    "a device": (lambda path: path.symlink_to("/dev/full"), NO_FILE),
    "a loop of links": (lambda path: path.symlink_to(path.name), "a loop of links|there is no"),
    "a link that leads nowhere": (lambda path: path.symlink_to("gone"), "there is no"),
}


@pytest.fixture(name="call")
def _call(monkeypatch, capsys, tmp_path):
    """A folder with a store and an export, and what calls a command in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    fingerprint = discover().tasks["sin/plain"].fingerprint
    with Store("good.db") as store:
        store.add_all([*many(40), record(seed=1000, task_fingerprint=fingerprint)])
    call = lambda command: srbench(monkeypatch, capsys, *shlex.split(command))  # noqa: E731
    assert call("export --out good.json --store good.db").code == 0
    assert call("baseline --out made.json --store good.db").code == 0
    for ending in ("-wal", "-shm"):
        Path(f"good.db{ending}").unlink(missing_ok=True)
    return call


def state(folder: Path) -> dict[str, object]:
    """What stands in a folder: bytes of files, and what others are."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        plain = path.is_file() and not path.is_symlink()
        found[str(path.relative_to(folder))] = path.read_bytes() if plain else os.lstat(path).st_mode
    return found


def wrong_with(said: Said, code: int = 2) -> str:
    """What is wrong with how a command refused something; empty where it did well."""
    noise = re.compile(r"Usage: |Try |warning: |\d+ of \d+ ")
    lines = [line for line in said.err.splitlines() if not noise.match(line)]
    if said.code != code:
        return f"code {said.code}: {said.out[-300:]} {said.err[-300:]}"
    if "Traceback" in said.err or len([line for line in lines if line]) != 1 or not lines[-1].startswith("Error: "):
        return f"no single clear line: {said.err[-500:]}"
    return ""


@pytest.mark.parametrize("kind", BROKEN)
def test_whoever_reads_says_one_line_and_leaves_it_alone(call, tmp_path, kind):
    make, words = BROKEN[kind]
    make(Path("bad.db"))
    before = state(tmp_path)
    for command in READERS:
        if not Path("bad.db").exists() and command.startswith(("show", "run -m")):
            continue  # which need no store
        said = call(command.replace("STORE", "bad.db"))
        assert not wrong_with(said), (command, wrong_with(said))
        assert any(word in said.err for word in words.split("|")), (command, said.err)
        assert "bad.db" in said.err, (command, said.err)
        assert state(tmp_path) == before, command


@pytest.mark.parametrize("kind", sorted(set(BROKEN) - {"nothing", "an empty file", "a link that leads nowhere"}))
def test_whoever_writes_says_one_line_and_leaves_it_alone(call, tmp_path, kind):
    make, words = BROKEN[kind]
    make(Path("bad.db"))
    before = state(tmp_path)
    for command in WRITERS:
        said = call(command.replace("STORE", "bad.db"))
        assert not wrong_with(said), (command, wrong_with(said))
        assert any(word in said.err for word in words.split("|")), (command, said.err)
        assert state(tmp_path) == before, command


# --- a store that was cut ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(15))
def test_a_store_that_was_cut_anywhere_is_refused(call, seed):
    """And a part of it that is read all the same is what was written. The last page may hold nothing."""
    chance = random.Random(seed)
    content = Path("good.db").read_bytes()
    Path("bad.db").write_bytes(content[: chance.randrange(1, len(content) - 4096)])
    with Store("good.db", read_only=True) as store:
        wanted = {one.key: one for one in store}
    with suppress(StoreError), Store("bad.db", read_only=True) as store:
        assert all(one == wanted[one.key] for one in store)
        store.check()
    for command in chance.sample(READERS + WRITERS, 3):
        said = call(command.replace("STORE", "bad.db"))
        assert not wrong_with(said), (command, wrong_with(said))
        assert "bad.db" in said.err


@pytest.fixture(name="killed")
def _killed(call):
    """A store of which a part lies in its log, as a run leaves it that was killed; returns the records by key."""
    with Store("at_work.db") as store:
        store.add_all(many(3))
        for one in [record(seed=seed) for seed in range(2000, 2010)]:
            store.add(one)
        for ending in ("", "-wal"):
            shutil.copy(f"at_work.db{ending}", f"killed.db{ending}")
        wanted = {one.key: one for one in store}
    assert Path("killed.db-wal").stat().st_size > 10_000
    return wanted


@pytest.mark.parametrize("seed", range(8))
def test_of_a_log_that_was_cut_all_that_is_whole_is_read(call, killed, seed):
    chance = random.Random(seed)
    log = Path("killed.db-wal")
    content = log.read_bytes()
    place = chance.randrange(len(content))
    if seed % 3:
        log.write_bytes(content[:place])
    else:  # or changed somewhere
        log.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
    with Store("killed.db", read_only=True) as store:
        store.check()
        found = {one.key: one for one in store}
    assert found.items() <= killed.items()
    with Store("killed.db") as store:
        store.add_all(killed.values())
        store.check()
        assert {one.key: one for one in store} == killed
    assert not list(Path().glob("killed.db-*"))


def test_a_store_whose_log_is_gone_is_as_it_was_before(call, killed):
    Path("killed.db-wal").unlink()
    with Store("killed.db") as store:
        store.check()
        assert {one.key: one for one in store}.items() <= killed.items()


def test_a_log_that_is_whole_is_read_whole(call, killed):
    assert "records, all can be read" in call("doctor --store killed.db").out
    with Store("killed.db", read_only=True) as store:
        assert {one.key: one for one in store} == killed
    assert not list(Path().glob("killed.db-*"))  # the last reader has put it in


# --- rights and room --------------------------------------------------------------------------------------------------


def test_what_may_not_be_read_or_written_is_one_line(call, monkeypatch, capsys):
    content = Path("good.db").read_bytes()
    with ordinary_user() as folder:
        monkeypatch.chdir(folder)
        store = folder / "bad.db"
        store.write_bytes(content)
        (folder / "good.json").write_text("{}")
        for mode, commands, word in ((0o000, READERS, "read"), (0o444, WRITERS, "read-only")):
            store.chmod(mode)
            for command in commands:
                if command.startswith(("site", "check", "import good", "reproduce", "show")):
                    continue
                said = srbench(monkeypatch, capsys, *shlex.split(command.replace("STORE", "bad.db")))
                assert not wrong_with(said), (command, wrong_with(said))
                assert word in said.err, (command, said.err)
        store.chmod(0o644)
        assert store.read_bytes() == content


FULL = {
    "export --out records.csv --store good.db": "records.csv",
    "export --out records.json.gz --store good.db": "records.json.gz",
    "leaderboard --format json --out board.json --store good.db": "board.json",
    "report --out page.html --store good.db": "page.html",
    "baseline --out base.json --store good.db": "base.json",
    "plot sin/plain --out figures --store good.db": "figures",
    "paper --out paper --store good.db": "paper",
    "site --out site good.db": "site",
    "run -m mean -s sin --write-study study.toml": "study.toml",
    "inspect --method lasso --task sin/plain --out network": "network",
}


@pytest.mark.parametrize("command", FULL)
def test_a_full_disk_is_one_line_and_leaves_no_half_file(call, tmp_path, monkeypatch, command):
    before = state(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    said = call(command)
    assert not wrong_with(said, code=1), wrong_with(said, code=1)
    assert "No space left on device" in said.err
    left = {name for name in state(tmp_path).keys() - before.keys() if Path(name).is_file()}
    assert left <= {"site.verdicts.db"}  # what was judged is kept


# --- exports and pages ------------------------------------------------------------------------------------------------

EXPORT_READERS = (
    "import EXPORT --store new.db",
    "ablation good --from EXPORT",
    "history good --from EXPORT",
    "check --baseline EXPORT --store good.db",
    "site --out site EXPORT",
    "run EXPORT --dry-run",
)


@pytest.mark.parametrize("name", ["cut.json", "cut.json.gz", "cut.csv.gz", "cut.parquet", "cut.html"])
def test_an_export_or_page_that_was_cut_is_one_line_and_changes_nothing(call, tmp_path, name):
    whole = Path(name.replace("cut", "whole"))
    assert call(f"{'report' if name.endswith('html') else 'export'} --out {whole} --store good.db").code == 0
    content = whole.read_bytes()
    chance = random.Random(name)
    for place in (0, 1, chance.randrange(len(content) // 2), chance.randrange(len(content)), len(content) - 20):
        Path(name).write_bytes(content[:place])
        before = state(tmp_path)
        for command in EXPORT_READERS if not name.endswith("html") else EXPORT_READERS[-1:]:
            said = call(command.replace("EXPORT", name))
            assert not wrong_with(said), (command, place, wrong_with(said))
            assert name in said.err, (command, place, said.err)
            assert state(tmp_path) == before, (command, place)
