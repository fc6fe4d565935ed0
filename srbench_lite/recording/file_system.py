"""On which kind of file system a file lies, and whether machines share it, where no write-ahead log must be."""

from __future__ import annotations

import os
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
    import psutil  # which those who only read a store need not load

    real = Path(os.path.realpath(path))
    found: tuple[int, str] = -1, ""
    try:
        partitions = psutil.disk_partitions(all=True)
    except (OSError, psutil.Error):
        return None
    for partition in partitions:
        depth = len(Path(partition.mountpoint).parts)
        if depth >= found[0] and real.is_relative_to(partition.mountpoint):  # the last one lies on the others
            found = depth, partition.fstype
    return found[1] or None


def is_shared(kind: str | None) -> bool:
    """Return whether several machines can write on a file system of this kind."""
    return kind is not None and kind.lower().removeprefix("fuse.") in _SHARED
