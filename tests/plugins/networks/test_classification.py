"""Digits told apart by softmax networks, and images from idx files."""

from __future__ import annotations

import gzip
import re
import statistics
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from network_figures import accuracy, digits
from places import ROOT
from srbench_networks.classification import fit_classifier
from srbench_networks.idx import read_idx, read_images

from srbench_lite import DataError, UsageError

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def _idx(array: np.ndarray) -> bytes:
    """Write an idx file, by its definition."""
    head = struct.pack(">BBBB", 0, 0, CODES[array.dtype.name], array.ndim)
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return head + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


# --- classification ---------------------------------------------------------------------------------------------------


def _clouds(n: int = 300):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, n)
    return 100 + 10 * (np.array([[0, 0], [4, 0], [0, 4]])[labels] + rng.normal(size=(n, 2))), labels


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_three_clouds_are_told_apart(activation):
    x, labels = _clouds()
    model = fit_classifier(
        x, labels, hidden=(8,), activation=activation, epochs=60, batch=32, learning_rate=0.02,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    probabilities = model.probabilities(x)
    assert model.accuracy(x, labels) > 0.93
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    np.testing.assert_array_equal(model(x), probabilities.argmax(axis=1))
    assert model.losses[-1] < 0.3 * model.losses[0]


def test_it_learns_as_scikit_learn_does():
    """The same model without hidden layers is logistic regression."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    x = np.array([[0, 0], [1, 0], [0, 1]])[labels] + rng.normal(size=(200, 2))
    model = fit_classifier(x, labels, hidden=(), epochs=300, batch=0, learning_rate=0.05, rng=rng)
    oracle = LogisticRegression(C=np.inf).fit(x, labels)
    np.testing.assert_allclose(model.probabilities(x), oracle.predict_proba(x), atol=2e-3)


def test_a_quarter_of_the_epochs_already_knows_the_digits():
    x, labels, held_x, held_labels = digits()
    model = fit_classifier(
        x, labels, hidden=(64, 32), epochs=12, batch=64, learning_rate=5e-3, rng=np.random.default_rng(0)
    )
    assert model.accuracy(held_x, held_labels) > 0.94


@pytest.mark.slow
def test_digits_are_known_to_97_percent():
    assert statistics.mean(accuracy(seed)[0] for seed in range(5)) >= 0.97


@pytest.mark.parametrize(
    ("x", "labels", "error", "said"),
    [
        (np.ones((3, 2)), np.array([0, 1]), DataError, r"got \(3, 2\) and \(2,\)"),
        (np.ones((2, 2)), np.array([0.0, 1.0]), DataError, "whole numbers from 0, got float64"),
        (np.ones((2, 2)), np.array([-1, 1]), DataError, "from -1"),
        (np.full((2, 2), np.nan), np.array([0, 1]), DataError, "finite"),
        (np.ones((2, 2)), np.array([0, 0]), UsageError, "two classes"),
        (np.ones((2, 2)), np.array([0, 10**9]), DataError, "largest label is 1,000,000,000.*from 0 without gaps"),
    ],
)
def test_points_that_cannot_be_classified_say_why(x, labels, error, said):
    with pytest.raises(error, match=said):
        fit_classifier(x, labels, hidden=(), epochs=1, batch=0, learning_rate=0.1, rng=np.random.default_rng(0))


# --- idx files --------------------------------------------------------------------------------------------------------


@given(
    array=st.sampled_from(sorted(CODES)).flatmap(
        lambda name: hnp.arrays(
            name, hnp.array_shapes(max_dims=4, max_side=5), elements={"allow_nan": False} if name[0] == "f" else None
        )
    ),
    packed=st.booleans(),
)
def test_what_is_written_is_read(array, packed, tmp_path_factory):
    path = tmp_path_factory.mktemp("idx") / ("data.gz" if packed else "data")
    path.write_bytes(gzip.compress(_idx(array)) if packed else _idx(array))
    found = read_idx(path)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def _small_mnist(folder: Path, ending: str = "", n: int = 60):
    """Write images that are black on the left (label 0) or on the right (label 1)."""
    labels = np.arange(n, dtype=np.uint8) % 2
    images = np.random.default_rng(0).integers(0, 60, (n, 28, 28), dtype=np.uint8)
    images[labels == 0, :, :14] += 190
    images[labels == 1, :, 14:] += 190
    wrap = gzip.compress if ending else bytes
    for name, array in (("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels)):
        (folder / (name + ending)).write_bytes(wrap(_idx(array)))
    return images, labels


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_images_in_idx_files_are_learned(tmp_path, ending):
    images, labels = _small_mnist(tmp_path, ending)
    x, found = read_images(tmp_path / f"train-images-idx3-ubyte{ending}", tmp_path / f"train-labels-idx1-ubyte{ending}")
    np.testing.assert_array_equal(found, labels)
    np.testing.assert_allclose(x, images.reshape(60, 784) / 255)
    model = fit_classifier(
        x[:40], found[:40], hidden=(16,), epochs=10, batch=8, learning_rate=1e-2, rng=np.random.default_rng(0)
    )
    assert model.accuracy(x[40:], found[40:]) == 1.0


_WHOLE = _idx(np.arange(6, dtype=np.int16).reshape(2, 3))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no idx file: it must begin with the bytes 00 00, got nothing"),
        (b"\0\0\x08", "is no idx file"),
        (b"PK\3\4" + bytes(20), "got 50 4b 03 04"),
        (b"\0\0\x0a\1" + bytes(8), r"unknown type 0x0a; known: 0x08 \(uint8\)"),
        (b"\0\0\x08\0", "claims 0 dimensions"),
        (b"\0\0\x08\3" + bytes(7), "truncated: its header of 16 bytes ends after 11"),
        (_WHOLE[:-1], r"truncated: values of shape \(2, 3\) take 12 bytes, there are 11"),
        (_WHOLE + b"\0", "too long: .* take 12 bytes, there are more"),
        (b"\0\0\x0e\4" + b"\xff" * 16, "truncated: .*, there are 0"),
        (b"\0\0\x08\3" + b"\xff" * 4 + bytes(4) + b"\xff" * 4, r"shape \(4294967295, 0, 4294967295\), which no array"),
        (gzip.compress(_WHOLE, mtime=0)[:-9], "cannot read .*fetch it again"),
        (gzip.compress(_WHOLE, mtime=0)[:10] + b"\xff" * 20, "cannot read .*fetch it again"),
        (gzip.compress(_WHOLE[:-1], mtime=0), "there are 11"),
    ],
)
def test_a_file_that_is_wrong_says_what_is_wrong(tmp_path, content, said):
    path = tmp_path / "data"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*missing"):
        read_idx(tmp_path / "missing")


def test_images_and_labels_must_belong_together(tmp_path):
    _small_mnist(tmp_path)
    images, labels = tmp_path / "train-images-idx3-ubyte", tmp_path / "train-labels-idx1-ubyte"
    with pytest.raises(DataError, match="must hold images as bytes"):
        read_images(labels, labels)
    with pytest.raises(DataError, match="one whole number for each of the 60 images"):
        read_images(images, images)
    labels.write_bytes(_idx(np.zeros(59, np.uint8)))
    with pytest.raises(DataError, match=re.escape("60 images, got (59,)")):
        read_images(images, labels)


def test_the_examples_of_the_readme_run(tmp_path, monkeypatch):
    """With small files in place of MNIST's, and 20 networks in place of 1,000."""
    readme = ROOT / "plugins" / "srbench_networks" / "README.md"
    blocks = re.findall(r"^```python\n(.*?)^```", readme.read_text(encoding="utf-8"), flags=re.S | re.M)
    _small_mnist(tmp_path, ".gz")
    for name in ("images-idx3", "labels-idx1"):
        (tmp_path / f"t10k-{name}-ubyte.gz").write_bytes((tmp_path / f"train-{name}-ubyte.gz").read_bytes())
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block.replace("count=1000", "count=20"), readme.name, "exec"), names)
    assert len(blocks) == 3
    assert names["error"] < 0.3
    assert names["first"].shape == (200, 16)
    assert names["values"].shape == (200,)
    assert names["accuracy"] == 1.0
