"""The rows of the ablation differ in one thing each, and those of like networks share a corpus."""

from __future__ import annotations

from pathlib import Path

from srbench_weight_decoder.ablations import ROWS, _folder


def test_rows_have_names_and_readers_of_their_networks():
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert len({(row.corpus, row.reader, row.permute) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row.reader.architecture == row.corpus.architecture
        assert row.reader.reading == "weights"


def test_rows_of_the_same_networks_share_a_folder_and_others_do_not():
    by_folder = {}
    for row in ROWS:
        by_folder.setdefault(_folder(Path("work"), row), set()).add(row.corpus)
    assert all(len(corpora) == 1 for corpora in by_folder.values())
    assert len(by_folder) == len({row.corpus for row in ROWS})
