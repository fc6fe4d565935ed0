"""Pages in headless Chromium, for tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt install chromium)")

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--force-prefers-reduced-motion",
)  # fmt: skip


def _command(folder: Path, *flags: str) -> list[str]:
    assert CHROMIUM is not None
    return [CHROMIUM, *_FLAGS, f"--user-data-dir={folder / 'profile'}", *flags]


def browse(
    page: Path, script: str, folder: Path, *, width: int = 1200, address: str = "", through: Path | None = None
) -> tuple[dict, str]:
    """Open a page, run a script in it, and return what it left in `found`, and what the console said.

    Args:
        page: the file.
        script: runs when the page is drawn.
        folder: for files of the browser.
        width: of the window, in pixels.
        address: what follows the page's address.
        through: the script file of a page that runs no other script; what the test runs is added to it.
    """
    steps = (
        "(async () => { const found = {}; const wait = (ms) => new Promise((r) => setTimeout(r, ms));"
        "const all = (s) => [...document.querySelectorAll(s)];"
        "while (!document.documentElement.dataset.drawn) await wait(20);"
        f"{script}"
        "const out = document.createElement('pre'); out.id = 'found'; out.textContent = JSON.stringify(found);"
        "document.body.append(out); })();"
    )
    tested = folder / "tested.html"
    before, _, after = page.read_text(encoding="utf-8").rpartition("</body>")
    if through is None:
        tested.write_text(f"{before}<script>{steps}</script></body>{after}", encoding="utf-8")
    else:
        through.write_text(f"{through.read_text(encoding='utf-8')}\n{steps}", encoding="utf-8")
        tested = page
    command = _command(folder, f"--window-size={width},1400", "--virtual-time-budget=15000", "--dump-dom")
    done = subprocess.run(
        [*command, f"{tested.as_uri()}{address}"], capture_output=True, text=True, timeout=120, check=False,
        env=_ENVIRONMENT,
    )  # fmt: skip
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    match = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.S)
    assert match is not None, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return json.loads(match[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")), console


def first_paint(page: Path, folder: Path) -> float:
    """Open a page, and return the seconds from the start of its loading to its first contentful paint."""
    script = (
        "<script>new PerformanceObserver((list) => { for (const entry of list.getEntriesByName("
        "'first-contentful-paint')) console.log(`painted ${entry.startTime} ms`); })"
        ".observe({ type: 'paint', buffered: true });</script></head>"
    )
    tested = folder / "painted.html"
    tested.write_text(page.read_text(encoding="utf-8").replace("</head>", script, 1), encoding="utf-8")
    command = [*_command(folder, "--window-size=1200,1400"), tested.as_uri()]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=_ENVIRONMENT) as browser:
        assert browser.stderr is not None
        timer = threading.Timer(120, browser.kill)
        timer.start()
        try:
            for line in browser.stderr:
                if match := re.search(r"painted ([0-9.]+) ms", line):
                    return float(match[1]) / 1000
        finally:
            timer.cancel()
            browser.kill()
    raise AssertionError("nothing was painted")
