"""`srbench conform`."""

from __future__ import annotations

from places import HOSTILE


def test_conform_says_what_is_wrong(srbench):
    good = srbench("conform", "good", "--plugin", str(HOSTILE), "--check", "returns-a-fit")
    bad = srbench("conform", "returns-text", "--plugin", str(HOSTILE), "--check", "returns-a-fit")
    dead = srbench("conform", "exits", "--plugin", str(HOSTILE), "--check", "returns-a-fit")

    assert (good.code, bad.code, dead.code) == (0, 1, 1)
    assert "must return a Fit, got str" in bad.out
    assert "exit code 3" in dead.out
