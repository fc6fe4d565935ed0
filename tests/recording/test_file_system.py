"""The file system of a path is that of the nearest place where one is mounted, and some are shared by machines."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from srbench_lite.recording import file_system
from srbench_lite.recording.file_system import file_system_of, is_shared


@pytest.fixture(name="mounted")
def _mounted(tmp_path, monkeypatch):
    places = [
        ("/", "ext4"),
        (str(tmp_path), "xfs"),
        (str(tmp_path / "home"), "autofs"),
        (str(tmp_path / "homework"), "nfs"),
    ]
    on_top = (str(tmp_path / "home"), "nfs4")
    monkeypatch.setattr(file_system, "_mounted", lambda: [*places, on_top])
    return tmp_path


def test_the_nearest_one_counts(mounted):
    assert file_system_of(mounted / "a.db") == "xfs"
    assert file_system_of(mounted / "home" / "me" / "a.db") == "nfs4"
    assert file_system_of(mounted / "homes" / "a.db") == "xfs"
    assert file_system_of(mounted.parent / "a.db") == "ext4"


def test_a_link_leads_to_where_the_file_is(mounted):
    (mounted / "link").symlink_to(mounted / "home")
    assert file_system_of(mounted / "link" / "a.db") == "nfs4"


def test_where_nothing_is_known_nothing_is_said(monkeypatch, tmp_path):
    def broken(*_, **__):
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", broken)
    assert file_system_of(tmp_path) is not None  # psutil knows, too
    monkeypatch.setattr(psutil, "disk_partitions", broken)
    assert file_system_of(tmp_path) is None
    assert not is_shared(None)


def test_here_it_is_what_psutil_says_and_names_with_blanks_are_names(tmp_path, monkeypatch):
    assert file_system_of(tmp_path) is not None
    listed = rf"none {tmp_path}/a\040b\134 nfs4 rw 0 0".encode()
    monkeypatch.setattr(Path, "read_bytes", lambda path: listed)
    assert file_system_of(tmp_path / "a b\\" / "c.db") == "nfs4"
    assert file_system_of(tmp_path / "c.db") is None


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "fuse.sshfs", "9p", "lustre", "NFS"])
def test_what_machines_share(kind):
    assert is_shared(kind)


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "zfs", "apfs", "NTFS", "fuseblk", "overlay", "tmpfs", "fuse.mergerfs"]
)
def test_what_one_machine_has(kind):
    assert not is_shared(kind)
