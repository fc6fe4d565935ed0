"""Files of a run over a network: bounded on the way out, and kept in their folder on the way in."""

from __future__ import annotations

import pytest

from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.running.cluster.files_text import MAX_BYTES_BROUGHT, packed_files, unpack_files
from srbench_lite.running.wire import WireError

KEY = "0" * 32


def left(folder, **contents: bytes) -> Artifacts:
    """Files that a run has left."""
    artifacts = Artifacts(folder / "s.db")
    place = artifacts.begin(KEY)
    for name, content in contents.items():
        (place / name).write_bytes(content)
    artifacts.sift(KEY)
    artifacts.keep(KEY)
    return artifacts


def test_files_arrive_byte_for_byte(tmp_path):
    artifacts = left(tmp_path, a=bytes(range(256)), b=b"")
    files, left_out = packed_files(artifacts, KEY)
    unpack_files(files, tmp_path / "there")
    assert left_out == ""
    assert {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()} == {
        "a": bytes(range(256)), "b": b"",
    }  # fmt: skip


def test_of_a_run_without_files_nothing_is_sent(tmp_path):
    assert packed_files(Artifacts(tmp_path / "s.db"), KEY) == ({}, "")


def test_what_is_over_the_bound_is_left_out_and_said(tmp_path):
    artifacts = left(tmp_path, a=b"small", b=b"x" * MAX_BYTES_BROUGHT, c=b"small, too")
    files, left_out = packed_files(artifacts, KEY)
    assert set(files) == {"a", "c"}
    assert left_out == "artifacts were left out: 1 file over the 8 MiB that a cluster brings back"


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "", ".", "a\nb", "\x00"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    with pytest.raises(WireError, match="must lie in its folder"):
        unpack_files({name: ""}, tmp_path / "inner")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_base64_is_refused(tmp_path):
    with pytest.raises(WireError, match="must be base64"):
        unpack_files({"a": "?"}, tmp_path)
