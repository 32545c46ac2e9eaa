"""MM-IMDB in Fuel's layout, and a metadata.npy that nobody has to trust."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from actors.prompts.task import load_task
from pipelines.sources.choice import SourceChoice
from pipelines.sources.papers.mm_imdb_hdf5 import VGG_MEANS, MmImdbHdf5, load_plain_npy

TASK = load_task("mm_imdb")
WORDS = dict(enumerate(["_UNK_", "a", "man", "laughs", "."]))
NAMES = ["Drama", "Comedy", "Horror"]
GENRES = [[1, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1], [1, 0, 0], [1, 0, 0]]
SEQUENCES = [[1, 2, 4], [3], [1, 2, 3, 4], [1], [], [9]]
RED = np.array([200, 30, 10])


def write_set(folder: Path, *, vgg: bool = True) -> Path:
    path = folder / "multimodal_imdb.hdf5"
    colour = RED[::-1] - VGG_MEANS if vgg else RED
    with h5py.File(path, "w") as films:
        films["genres"] = np.array(GENRES, dtype=np.int32)
        films["genres"].attrs["target_names"] = json.dumps(NAMES)
        films["imdb_ids"] = np.array([f"000{n}" for n in range(len(GENRES))], dtype="S7")
        films["images"] = np.tile(
            np.asarray(colour, dtype=np.float32).astype(np.int32)[None, :, None, None], (len(GENRES), 1, 5, 4)
        )
        sequences = films.create_dataset("sequences", (len(GENRES),), dtype=h5py.vlen_dtype(np.int32))
        for index, numbers in enumerate(SEQUENCES):
            sequences[index] = np.array(numbers, dtype=np.int32)
        ranges = [("train", 0, 1), ("dev", 1, 4), ("test", 4, 6)]
        fields = np.dtype(
            [("split", "S5"), ("source", "S12"), ("start", "i8"), ("stop", "i8"), ("comment", "S1")]
        )
        films.attrs["split"] = np.array(
            [
                (name, source, start, stop, "")
                for name, start, stop in ranges
                for source in ("genres", "images")
            ],
            dtype=fields,
        )
    lookup = np.zeros((5, 3), dtype=np.float32)
    np.save(
        folder / "metadata.npy",
        np.array({"ix_to_word": WORDS, "vocab_size": 5, "lookup": lookup}, dtype=object),
    )
    return path


@pytest.mark.parametrize("vgg", [True, False])
def test_films_become_rows_with_words_labels_and_posters(tmp_path: Path, vgg: bool) -> None:
    source = MmImdbHdf5(TASK, write_set(tmp_path, vgg=vgg), cache=tmp_path / "cache")
    source.check()
    rows = list(source.rows())
    assert [(row["id"], row["human_label"], row["text"]) for row in rows] == [
        ("mm_imdb/dev/0001", "comedy", "laughs"),
        ("mm_imdb/dev/0002", "both", "a man laughs ."),
    ]
    with Image.open(source.image_root() / rows[0]["images"][0]) as poster:
        assert poster.size == (4, 5)
        assert np.abs(np.asarray(poster)[0, 0].astype(int) - RED).max() <= 1
    assert list(source.rows()) == rows


def test_all_genres_are_read_from_the_columns(tmp_path: Path) -> None:
    path = write_set(tmp_path)
    with h5py.File(path, "a") as films:
        films["genres"][1] = 0
    source = MmImdbHdf5(load_task("mm_imdb_genres"), path, cache=tmp_path / "cache")
    source.check()
    assert [(row["reason"], row.get("human_labels")) for row in source.rows()] == [
        ("missing_field", None),
        (None, ["Drama", "Comedy", "Horror"]),
        (None, ["Horror"]),
    ]


def test_broken_plots_are_failed_rows(tmp_path: Path) -> None:
    source = MmImdbHdf5(TASK, write_set(tmp_path), "test", tmp_path / "cache")
    assert [row["reason"] for row in source.rows()] == ["empty_text", "malformed_record"]


def test_what_is_wrong_with_the_file_is_said(tmp_path: Path) -> None:
    path = write_set(tmp_path)
    with pytest.raises(ValueError, match="did you mean 'dev'"):
        MmImdbHdf5(TASK, path, "devs").check()
    (tmp_path / "metadata.npy").unlink()
    with pytest.raises(ValueError, match=r"put metadata\.npy"):
        MmImdbHdf5(TASK, path).check()
    with h5py.File(path, "a") as films:
        del films["imdb_ids"]
    with pytest.raises(ValueError, match=r"has no \['imdb_ids'\]"):
        MmImdbHdf5(TASK, path).check()
    path.write_bytes(b"no")
    with pytest.raises(ValueError, match="cannot be read as HDF5"):
        MmImdbHdf5(TASK, path).check()


class Trap:
    def __reduce__(self) -> Any:
        return os.mkdir, ("trap",)


def test_metadata_that_would_run_code_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "m.npy", np.array({"ix_to_word": Trap()}, dtype=object))
    with pytest.raises(ValueError, match="could run code"):
        load_plain_npy(tmp_path / "m.npy")
    assert not (tmp_path / "trap").exists()


def test_plain_values_load_and_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.npy"
    value: dict[str, Any] = {"a": {1: "x", 2: "ü"}, "b": np.arange(6.0).reshape(2, 3), "c": np.float64(0.5)}
    np.save(path, np.array(value, dtype=object))
    loaded = load_plain_npy(path)
    assert (loaded["a"], loaded["c"]) == (value["a"], 0.5)
    assert np.array_equal(loaded["b"], value["b"])
    np.save(path, np.arange(3))
    assert load_plain_npy(path).tolist() == [0, 1, 2]
    for damaged in (b"", b"no", pickle.dumps({"a": 1})):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="is not loaded"):
            load_plain_npy(path)


def test_the_catalog_tells_the_hdf5_release_by_its_file(tmp_path: Path) -> None:
    path = write_set(tmp_path)
    for data in (path, tmp_path):
        assert isinstance(SourceChoice.of(data=data).documents(TASK), MmImdbHdf5)
