"""The readers that ship read networks of fresh polynomials."""

from __future__ import annotations

from srbench_weight_decoder.corpus import Settings, generate, load
from srbench_weight_decoder.evaluation import coefficients_of, read_all, refine_all, score
from srbench_weight_decoder.polynomials import family
from srbench_weight_decoder.shipped import load_reader, load_start

POLY2 = family("poly2")


def test_what_ships_reads_networks_of_fresh_polynomials(tmp_path):
    settings = Settings(architecture="tanh-152", split="held-out", networks=200, seed=11)
    generate(settings, load_start("tanh-152"), tmp_path / "held", jobs=1, advance=lambda n, s: None)
    held = load(tmp_path / "held")
    for reading in ("weights", "probe"):
        written = coefficients_of(POLY2, read_all(load_reader("poly2", "tanh-152", reading), held.weights))
        found = score(POLY2, POLY2.values(written), held.coefficients)
        assert found.structure >= 0.98
        assert found.exact >= 0.9
    assert score(POLY2, refine_all(held, written != 0), held.coefficients).exact >= 0.98
