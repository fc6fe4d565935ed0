"""On which kind of file system a file lies, and whether machines share it, where no write-ahead log must be."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Final

__all__ = ["file_system_of", "is_shared"]

#: File systems that several machines can have mounted; those of FUSE by the part behind `fuse.`.
_SHARED: Final = frozenset(
    ("9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "davfs2", "drvfs", "gcsfuse", "gfs2", "glusterfs", "gpfs",
     "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2", "rclone", "s3fs", "smb3", "smbfs",
     "sshfs", "vboxsf", "virtiofs", "vmhgfs", "vmhgfs-fuse", "webdav")
)  # fmt: skip


def file_system_of(path: Path) -> str | None:
    """Return the kind of file system that a file lies on, or would: such as ext4 or nfs4; None where nobody knows."""
    real = Path(os.path.realpath(path))
    found: tuple[int, str] = -1, ""
    for place, kind in _mounted():
        depth = len(Path(place).parts)
        if depth >= found[0] and real.is_relative_to(place):  # the last one lies on the others
            found = depth, kind
    return found[1] or None


def is_shared(kind: str | None) -> bool:
    """Return whether several machines can write on a file system of this kind."""
    return kind is not None and kind.lower().removeprefix("fuse.") in _SHARED


def _mounted() -> list[tuple[str, str]]:
    """Return the places where file systems are mounted, and their kinds, in the order in which they were."""
    with contextlib.suppress(OSError, ValueError):  # the kernel's list, since not every reader has loaded psutil
        lines = Path("/proc/self/mounts").read_bytes().splitlines()
        return [(os.fsdecode(_unescaped(place)), kind.decode()) for _, place, kind, *_ in map(bytes.split, lines)]
    import psutil

    try:
        return [(partition.mountpoint, partition.fstype) for partition in psutil.disk_partitions(all=True)]
    except (OSError, psutil.Error):
        return []


def _unescaped(place: bytes) -> bytes:
    r"""Return a name of the kernel's list, in which a blank is \040, as it is."""
    return re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), place)
