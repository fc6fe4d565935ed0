"""Colours and marks of methods."""

from __future__ import annotations

import re

from matplotlib.lines import Line2D

from srbench_lite.reports.palette import COLOURS, looks


def test_no_two_of_88_methods_look_alike():
    found = looks(f"method {number:02}" for number in range(88))
    assert len({(look.colour, look.marker) for look in found.values()}) == 88
    assert len({(look.colour, look.path) for look in found.values()}) == 88


def test_a_method_looks_the_same_whatever_the_order_in_which_methods_come():
    assert looks(["b", "a", "b"]) == looks(["a", "b"])


def test_marks_are_those_of_matplotlib_and_paths_stay_in_their_square():
    for look in looks(map(str, range(20))).values():
        assert look.marker in Line2D.markers
        assert all(-1 <= float(number) <= 1 for number in re.findall(r"-?[\d.]+", look.path))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_stand_out_on_both_backgrounds():
    """At least 2 to 1, so that a mark is seen; letters are never set in these colours."""
    for colour in COLOURS:
        for background in ("#ffffff", "#14171b"):
            high, low = sorted((_luminance(colour), _luminance(background)), reverse=True)
            assert (high + 0.05) / (low + 0.05) > 2, (colour, background)
