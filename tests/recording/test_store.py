"""`Store`: nothing is lost, nothing is half written, and what cannot be used is said in one line."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from folders import ordinary_user
from places import SUPPORT
from records import failure, many, record
from refused_stores import refused

from srbench_lite.errors import FullDiskError, StoreError
from srbench_lite.recording.record import COLUMNS
from srbench_lite.recording.store import SCHEMA_VERSION, Store


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "results" / "store.db"


# --- adding and reading ---------------------------------------------------------------------------------------------


def test_records_come_back_as_they_were(path):
    before = [record(seed=1), failure(seed=2), record(seed=3, environment={"python": "3.13", "host": "there"})]
    with Store(path) as store:
        assert [store.add(r) for r in before] == [True] * 3
    with Store(path, read_only=True) as store:
        assert list(store) == before
        assert len(store) == 3
        assert store.statuses([r.key for r in before[:2]]) == {before[0].key: "ok", before[1].key: "crashed"}
        assert store.statuses(["unknown"]) == {}


def test_a_key_that_stands_stays_as_it_is(path):
    with Store(path) as store:
        assert store.add(record(expression="x"))
        assert not store.add(record(expression="y"))
        assert store.add_all([record(expression="y"), record(seed=1), record(seed=1)]) == 1
        assert [r.expression for r in store] == ["x", "sin(x)"]


def test_all_or_none(path):
    def breaking():
        yield record(seed=1)
        raise KeyboardInterrupt

    with Store(path) as store:
        store.add(record(seed=0))
        with pytest.raises(StoreError):
            store.add_all([record(seed=1), record(seed=2, key=None)])
        with pytest.raises(KeyboardInterrupt):
            store.add_all(breaking())
        assert [r.seed for r in store] == [0]
        assert store.add(record(seed=3))  # and it goes on


def test_an_error_of_sqlite_rolls_back_and_is_explained(path):
    with Store(path) as store:
        store.add(record(seed=0))
        store._connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON records WHEN NEW.seed = 9 "
            "BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
        )
        with pytest.raises(StoreError, match=r"cannot use the store.*disk is full"):
            store.add_all([record(seed=1), record(seed=9)])
        assert len(store) == 1
        assert store.add(record(seed=2))


def test_environments_are_stored_once(path):
    with Store(path) as store:
        for part in (many(10), many(20)):
            store.add_all(part)
    with Store(path) as store:
        store.add_all(many(30))
        assert store._fetched("SELECT count(*) FROM environments") == [(1,)]


def test_the_environments_of_records_are_told_by_number(path):
    there = record(seed=7, environment={"host": "there"})
    with Store(path) as store:
        store.add_all([record(seed=0), there, record(seed=1)])
        (number,), others = store.ids([there.key]), store.ids([record(seed=k).key for k in range(2)])
        texts = store.environments([number, *others])
        assert texts.keys() == {number, *others}
        assert texts[number] == '{"host": "there"}'
        assert texts[others[0]] is texts[others[1]]
        assert store.environments([]) == {}


def test_a_record_is_replaced_only_on_demand(path):
    with Store(path) as store:
        store.add_all([record(seed=i) for i in range(4)])
        assert not store.add(record(seed=1, reason="new"))
        assert store.add(record(seed=2, reason="new"), replace=True)
        assert [r.reason == "new" for r in store] == [False, False, True, False]


def test_records_come_and_go_in_one_transaction(path):
    with Store(path) as store:
        store.add_all([record(seed=i) for i in range(4)])
        gone = [record(seed=i).key for i in (0, 2, 9)]  # the last has never stood there
        assert store.add_all([record(seed=7)], without=gone) == 1
        assert [r.seed for r in store] == [1, 3, 7]
        store._connection.execute(
            "CREATE TRIGGER stuck BEFORE DELETE ON records BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
        )
        with pytest.raises(StoreError, match="disk is full"):
            store.add_all([record(seed=8)], without=[record(seed=1).key])
        assert [r.seed for r in store] == [1, 3, 7]


def test_rows_are_ordered_whatever_order_they_came_in(path):
    one = {"suite": "b", "task": "b/x"}
    ordered = [
        record(suite="a", task="a/x", method="z"),
        record(suite="a", task="a/y", method="a", noise=0.0, seed=0),
        record(suite="a", task="a/y", method="a", noise=0.0, seed=2),
        record(suite="a", task="a/y", method="a", noise=0.0, seed=10),
        record(suite="a", task="a/y", method="a", noise=0.5, seed=0),
        record(suite="a", task="a/y", method="b"),
        *sorted((record(**one, budget_seconds=s) for s in (1.0, 2.0, 3.0)), key=lambda r: r.key),
    ]
    with Store(path) as store:
        store.add_all(reversed(ordered))
        assert list(store) == ordered
        assert store.rows(("seed", "noise"), suites=["a"], methods=["a"], tasks=["a/y"]) == [
            (0, 0.0), (2, 0.0), (10, 0.0), (0, 0.5),
        ]  # fmt: skip
        assert store.rows(("method",), suites=["a", "b"], methods=["z", "b"]) == [("z",), ("b",)]
        assert store.rows(suites=["none"]) == []


def test_a_name_is_bound_and_never_spliced_into_sql(path):
    with Store(path) as store:
        store.add(record())
        assert store.rows(("key",), methods=["x') OR 1=1 --"]) == []
        assert store.rows(("key",), tasks=['"; DROP TABLE records; --']) == []
        assert len(store) == 1


# --- files that are no store ----------------------------------------------------------------------------------------


def test_the_folder_is_made(tmp_path):
    with Store(tmp_path / "a" / "b" / "store.db"):
        assert (tmp_path / "a" / "b" / "store.db").is_file()


def test_odd_names_are_names(tmp_path):
    for name in ("with space.db", "q?mode=ro.db", "hash#.db", "per%20cent.db", "é.db"):
        with Store(tmp_path / name) as store:
            store.add(record())
        with Store(tmp_path / name, read_only=True) as store:
            assert len(store) == 1
        assert (tmp_path / name).is_file()


def test_a_missing_store_is_not_made_by_reading(path):
    assert "srbench run" in refused(path, read_only=True)
    assert not path.parent.exists()


def test_an_empty_file_is_no_store_for_readers_and_becomes_one_for_writers(tmp_path):
    path = tmp_path / "empty.db"
    path.touch()
    assert "is empty; run `srbench run` first" in refused(path, read_only=True)
    with Store(path) as store:
        assert store.add(record())


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("content", [b"no database, " * 100, b"\x00" * 5000, b"SQLite format 3\x00" + b"\xff" * 4080])
def test_a_file_of_something_else_is_left_alone(tmp_path, content, read_only):
    path = tmp_path / "thing.db"
    path.write_bytes(content)
    assert "--store" in refused(path, read_only=read_only)
    assert path.read_bytes() == content


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    "statement", ["CREATE TABLE theirs (x)", "PRAGMA user_version = 1", "PRAGMA application_id = 42"]
)
def test_the_sqlite_file_of_another_program_is_left_alone(tmp_path, statement, read_only):
    path = tmp_path / "theirs.db"
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    before = path.read_bytes()
    assert "another program" in refused(path, read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1, -1])
def test_another_schema_version_is_refused_with_what_to_do(path, version, read_only):
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()
    text = refused(path, read_only=read_only)
    assert f"schema version {version}" in text
    assert f"reads versions 2, 3, 4, 5 and {SCHEMA_VERSION}" in text
    assert "srbench export" in text


@pytest.mark.parametrize("read_only", [True, False])
def test_a_folder_is_no_store(tmp_path, read_only):
    assert "is a folder; name a file" in refused(tmp_path, read_only=read_only)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_device_is_no_store(read_only):
    assert "is a device or a pipe; name a file" in refused(Path("/dev/null"), read_only=read_only)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_name_that_is_too_long_is_no_store(tmp_path, read_only):
    assert "cannot be a store: File name too long" in refused(tmp_path / ("a" * 300), read_only=read_only)


def test_below_a_file_there_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    text = refused(tmp_path / "file" / "store.db")
    assert "cannot write the store" in text
    assert "name another with --store" in text


def test_a_folder_that_cannot_be_made():
    """Nobody can make folders in /proc, root included."""
    assert "name another with --store" in refused(Path("/proc/results/store.db"))


def test_a_read_only_folder_is_refused_for_writing_and_can_be_read():
    with ordinary_user() as folder:
        path = folder / "store.db"
        with Store(path) as store:
            store.add(record())
        folder.chmod(0o500)
        assert "is read-only; name another with --store" in refused(path)
        assert "name another with --store" in refused(folder / "new" / "other.db")
        with Store(path, read_only=True) as store:
            assert list(store) == [record()]


def test_a_folder_that_becomes_read_only_costs_nothing_that_was_stored():
    with ordinary_user() as folder:
        with Store(folder / "s.db") as store:
            store.add(record(seed=1))
            folder.chmod(0o555)
            store.add(record(seed=2))
        folder.chmod(0o755)
        with Store(folder / "s.db") as store:
            assert len(store) == 2
        assert [path.name for path in folder.iterdir()] == ["s.db"]


def test_a_part_that_lies_in_the_log_of_a_read_only_folder_is_named():
    with ordinary_user() as folder:
        with Store(folder / "s.db") as store:
            store.add(record(seed=1))
            for ending in ("", "-wal"):  # as a killed run leaves them
                (folder / f"killed.db{ending}").write_bytes((folder / f"s.db{ending}").read_bytes())
        folder.chmod(0o555)
        assert "lies in killed.db-wal beside it" in refused(folder / "killed.db", read_only=True)
        folder.chmod(0o755)
        with Store(folder / "killed.db", read_only=True) as store:
            assert len(store) == 1


def test_a_read_only_file_is_refused_for_writing_and_can_be_read():
    with ordinary_user() as folder:
        path = folder / "store.db"
        with Store(path) as store:
            store.add(record())
        path.chmod(0o400)
        assert "is read-only; name another with --store" in refused(path)
        with Store(path, read_only=True) as store:
            assert len(store) == 1


def test_a_file_that_may_not_be_read():
    with ordinary_user() as folder:
        path = folder / "store.db"
        Store(path).close()
        path.chmod(0)
        assert "cannot read the store" in refused(path, read_only=True)


def test_who_opens_for_reading_cannot_write(path):
    Store(path).close()
    with Store(path, read_only=True) as store, pytest.raises(StoreError, match="readonly"):
        store.add(record())


def test_a_damaged_store_is_one_line(path):
    with Store(path) as store:
        store.add_all(many(500))
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xa5" * (len(content) - 8192))
    with Store(path, read_only=True) as store:
        for read in (lambda: list(store), lambda: store.distinct("task"), lambda: store.rows(("key", "environment"))):
            with pytest.raises(StoreError) as caught:
                read()
            assert "is damaged" in str(caught.value)
            assert "\n" not in str(caught.value)


# --- several at once ------------------------------------------------------------------------------------------------


def test_readers_see_whole_records_while_one_writes(path):
    """A reader opens the store again and again while a writer adds: never refused, and never less than before."""
    writer = Store(path)
    done = threading.Event()

    def write() -> None:
        for r in many(600):
            writer.add(r)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    counts = [0]
    while not done.is_set() and len(counts) < 200:
        with Store(path, read_only=True) as reader:
            counts.append(len(reader))
            assert len(reader.rows(("key", "environment"))) >= counts[-1]
    thread.join()
    writer.close()
    assert counts == sorted(counts)
    assert len(set(counts)) > 3, "the reader never saw the store grow"


def test_a_reader_never_holds_a_writer_up(path):
    with Store(path) as writer, Store(path, read_only=True) as reader:
        writer._connection.execute("PRAGMA busy_timeout = 50")
        writer.add(record(seed=0))
        reader._connection.execute("BEGIN")
        assert len(reader) == 1
        assert writer.add(record(seed=1))
        assert len(reader) == 1  # still what it began with
        reader._connection.execute("COMMIT")
        assert len(reader) == 2


def test_a_program_that_holds_the_file_is_named(path):
    """Another program, that is: another run of ours is refused when it opens the store."""
    with Store(path) as store, contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store._connection.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(StoreError, match="is being written by another run"):
            store.add(record())
        other.execute("ROLLBACK")
        assert store.add(record())


WRITER = """
import sys
from folders import ordinary_user
from records import record
from srbench_lite.recording.store import Store

store = Store(sys.argv[1])
for seed in range(int(sys.argv[2]), 1_000_000):
    store.add(record(seed=seed, environment={"number": seed % 7}))
    sys.stdout.write(f"{seed}\\n")
    sys.stdout.flush()
"""


def test_kill_9_loses_nothing_that_was_acknowledged(path):
    """The writer is killed three times at whatever point it is; every record it had said was kept is there."""
    acknowledged: list[int] = []
    for _ in range(3):
        start = acknowledged[-1] + 1 if acknowledged else 0
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(start)], stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": str(SUPPORT)},
        ) as process:  # fmt: skip
            assert process.stdout is not None
            for _ in range(150):
                acknowledged.append(int(process.stdout.readline()))
            process.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in process.stdout.read().split("\n")[:-1]]
            assert process.wait() == -signal.SIGKILL
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        with Store(path, read_only=True) as store:
            seeds = {r.seed for r in store}
        assert set(acknowledged) <= seeds
        assert len(seeds) <= acknowledged[-1] + 2  # at most the one whose line was not written yet
        acknowledged = sorted(seeds)


def test_a_store_in_the_making_is_not_seen(tmp_path):
    """Whoever opens the file at the very moment it appears finds its tables."""
    paths = [tmp_path / f"{number}.db" for number in range(50)]

    def first_sight(path: Path) -> int:
        while not path.exists():
            pass
        with Store(path, read_only=True) as store:
            return len(store)

    with ThreadPoolExecutor(1) as reader:
        for path in paths:
            seen = reader.submit(first_sight, path)
            Store(path).close()
            assert seen.result() == 0
    assert not list(tmp_path.glob("*-new"))


def test_what_a_kill_left_of_a_store_in_the_making_is_replaced(path):
    path.parent.mkdir()
    for ending in ("-new", "-new-journal"):
        path.with_name(f"{path.name}{ending}").write_bytes(b"half")
    with Store(path) as store:
        store.add(record())
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_the_schema_is_that_of_its_version(path):
    """A changed column needs a new SCHEMA_VERSION, or old files are misread."""
    with Store(path) as store:
        columns = [row[1] for row in store._fetched("PRAGMA table_info(records)")]
    assert SCHEMA_VERSION == 6
    assert sorted(columns) == sorted({*COLUMNS, "id", "environment_id"} - {"environment"})
    assert len(columns) == 60


def test_a_second_writer_is_refused_and_readers_are_not(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store(path), pytest.raises(StoreError, match="another run is writing"):
        Store(path)
    with Store(path), Store(path, read_only=True) as reader:
        assert len(reader) == 0
    with Store(path) as again:
        assert len(again) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["store.db"]


@pytest.mark.parametrize("target", ["there", "not yet there"])
def test_a_store_has_one_lock_whatever_it_is_called(tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    path, link = tmp_path / "folder" / "store.db", tmp_path / "link.db"
    if target == "there":
        Store(path).close()
    link.symlink_to(path)
    for one, other in ((path, link), (link, path)):
        with Store(one) as store:
            store.add(record(seed=0))
            with pytest.raises(StoreError, match="another run is writing"):
                Store(other)
        assert sorted(p.name for p in path.parent.iterdir()) == ["store.db"]
    assert link.is_symlink()
    with Store(link, read_only=True) as store:
        assert len(store) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "link.db"]


def test_a_full_disk_says_so_and_costs_only_what_does_not_fit(path: Path) -> None:
    with Store(path) as store:
        store.add(record(seed=0))
        pages = store._fetched("PRAGMA page_count")[0][0]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(FullDiskError, match=r"the disk of the store .*store.db is full; free some space"):
            store.add_all(record(seed=seed) for seed in range(1, 200))
        assert len(store) == 1
        store._connection.execute("PRAGMA max_page_count = 10000")
        assert store.add(record(seed=1))  # and it goes on when there is room
