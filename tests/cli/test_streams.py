"""Standard streams: closed ones, readers that have gone and poor encodings end no command and lose no text."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from srbench_lite.cli.streams import prepare_streams

PREPARED = "import os, sys\nfrom srbench_lite.cli.streams import prepare_streams\nprepare_streams()\nimport click\n"


def ended(code: str, **settings: object) -> subprocess.CompletedProcess[bytes]:
    """Run code after the streams were prepared."""
    return subprocess.run([sys.executable, "-c", PREPARED + code], **{"capture_output": True, **settings})  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("utf-8", "R² – … ┌─│ ≈ é α 💥 \\udcff".encode()),
        ("latin-1", b"R\xb2 - ... +-| ~ \xe9 \\u03b1 [failed] \\udcff"),
        ("cp1252", b"R\xb2 \x96 \x85 +-| ~ \xe9 \\u03b1 [failed] \\udcff"),
        ("ascii", b"R2 - ... +-| ~ \\xe9 \\u03b1 [failed] \\udcff"),
        ("cp437", "R² - ... ┌─│ ≈ é α [failed] \\udcff".encode("cp437")),
    ],
)
def test_what_an_encoding_lacks_is_written_otherwise(encoding, written):
    code = "text = 'R² – … ┌─│ ≈ é α 💥 \\udcff'\nclick.echo(text)\nclick.echo(text, err=True)"
    done = ended(code, env=os.environ | {"PYTHONIOENCODING": encoding})

    assert done.returncode == 0
    assert done.stdout == done.stderr == written + b"\n"


def test_a_file_never_takes_the_place_of_a_closed_stream(tmp_path):
    code = (
        "file = open('kept', 'wb', buffering=0)\nclick.echo('out')\nclick.echo('err', err=True)\n"
        "assert sys.stdin.read() == ''\nfile.write(str(file.fileno()).encode())\nsys.exit(7)"
    )
    script = tmp_path / "script.py"
    script.write_text(PREPARED + code)
    done = subprocess.run(["bash", "-c", f"{sys.executable} {script} <&- >&- 2>&-"], cwd=tmp_path)

    assert done.returncode == 7
    assert int((tmp_path / "kept").read_text()) > 2


def test_a_reader_that_has_gone_changes_nothing():
    read, write = os.pipe()
    os.close(read)
    with open(write, "wb") as closed:
        code = "for i in range(9): click.echo('x' * 9999)\nprint('x', end='')\nsys.exit(7)"
        done = ended(code, capture_output=False, stdout=closed, stderr=closed)

    assert done.returncode == 7


def test_a_terminal_that_was_closed_changes_nothing():
    master, slave = pty.openpty()
    with open(slave, "wb") as terminal:
        code = "sys.stdin.read()\nclick.echo('out')\nclick.echo('err', err=True)\nsys.exit(7)"
        started = subprocess.Popen(
            [sys.executable, "-c", PREPARED + code], stdin=subprocess.PIPE, stdout=terminal, stderr=terminal
        )
    os.close(master)
    started.communicate()

    assert started.returncode == 7


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(("stream", "said"), [("stdout", b"28 standard output\n"), ("stderr", b"")])
def test_a_full_disk_ends_what_prints_results_and_no_more(stream, said):
    code = (
        f"try:\n    click.echo('x', err={stream == 'stderr'})\nexcept OSError as error:\n"
        "    click.echo(f'{error.errno} {error.filename}', err=True)\nprint('x', end='')\nsys.exit(7)"
    )
    with open("/dev/full", "wb") as full:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: full}
        done = ended(code, capture_output=False, **pipes)

    assert done.returncode == 7
    assert (done.stderr or b"") == said


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_file_that_may_not_grow_is_not_cut_in_silence(tmp_path, unbuffered):
    (tmp_path / "script.py").write_text(f"{PREPARED}click.echo('x' * 50_000)")
    command = f"ulimit -f 4; {sys.executable} {tmp_path / 'script.py'} > {tmp_path / 'out'}"
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(["bash", "-c", command], stderr=subprocess.PIPE, env=environment)

    assert done.returncode == 1
    assert b"OSError: [Errno 27] File too large: 'standard output'" in done.stderr


def test_a_plugin_that_closes_its_output_closes_nothing():
    done = ended("sys.stdout.close()\nclick.echo('out')\nprint('end', end='')")

    assert (done.returncode, done.stdout, done.stderr) == (0, b"out\nend", b"")


def test_streams_that_somebody_has_replaced_are_left_alone(capsys):
    before = sys.stdout, sys.stderr
    prepare_streams()
    assert (sys.stdout, sys.stderr) == before
