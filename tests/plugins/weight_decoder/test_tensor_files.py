"""Files of tensors are written whole, with the same bytes for the same tensors."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save
from srbench_weight_decoder.tensor_files import read_tensors, write_tensors

from srbench_lite import DataError, write_bytes, write_text


def test_what_is_written_is_read_back_and_has_the_same_bytes(tmp_path):
    tensors = {"b": torch.arange(6.0).view(2, 3).T, "a": torch.tensor([1, 2], dtype=torch.int16)}
    about = {"seed": 3, "names": ["x", "ü"]}
    one, other = tmp_path / "one.safetensors", tmp_path / "other.safetensors"
    write_tensors(one, tensors, about)
    write_tensors(other, tensors, dict(reversed(about.items())))
    assert one.read_bytes() == other.read_bytes()
    again, said = read_tensors(one)
    assert said == about
    assert set(again) == set(tensors)
    assert all(torch.equal(again[name], tensor) for name, tensor in tensors.items())
    write_tensors(one, tensors)
    assert read_tensors(one)[1] == {}


def test_a_file_is_whole_or_as_it_was(tmp_path):
    path = tmp_path / "text.txt"
    write_text(path, "käse\n")
    assert path.read_text(encoding="utf-8") == "käse\n"
    with pytest.raises(TypeError):
        write_bytes(path, "no bytes")  # type: ignore[arg-type]
    assert [p.name for p in tmp_path.iterdir()] == ["text.txt"]
    assert path.read_text(encoding="utf-8") == "käse\n"


def test_what_is_no_file_of_tensors_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    with pytest.raises(DataError, match=r"other\.safetensors cannot be read"):
        read_tensors(path)
    path.write_bytes(b"something else")
    with pytest.raises(DataError, match=r"other\.safetensors cannot be read"):
        read_tensors(path)


@pytest.mark.parametrize("about", ["3", "[1]", "[" * 100_000, "{"])
def test_what_a_file_says_of_itself_must_be_an_object(tmp_path, about):
    """A stranger may have written it; the error is short."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(save({"a": torch.zeros(2)}, {"about": about}))
    with pytest.raises(DataError) as caught:
        read_tensors(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 600


def test_an_error_quotes_little_of_a_file(tmp_path):
    """The library quotes the head of a file, however long it is."""
    path = tmp_path / "a.safetensors"
    head = b'"' + b"x" * 10_000 + b'"'
    path.write_bytes(len(head).to_bytes(8, "little") + head)
    with pytest.raises(DataError) as caught:
        read_tensors(path)
    assert len(str(caught.value)) < 600
