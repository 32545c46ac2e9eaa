"""The rows of a training on disk, every row accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmbt_sets import colour_rows, label_table, sources_of, write_set
from tiny_mmbt import png

from trainers.mmbt.prepared import UNKNOWN, Prepared, SplitManifests, read_splits, write_prepared
from trainers.mmbt.results import without_row
from trainers.mmbt.rows import LabelTable, read_label_table


def prepare(
    root: Path,
    train: list[dict[str, object]],
    *,
    dev: list[dict[str, object]] | None = None,
    test: list[dict[str, object]] | None = None,
    labels: dict[str, object] | None = None,
    classes: tuple[str, ...] = (),
    **weights: float,
) -> Prepared:
    """The prepared rows of sets written under `root`."""
    stops = None if dev is None else write_set(root / "dev", dev)
    tests = [] if test is None else [write_set(root / "test", test)]
    splits = sources_of([write_set(root / "train", train)], stops, tests)
    table = None
    if labels is not None:
        file = label_table(root / "labels.parquet", labels, **weights)
        table = read_label_table(file, multi_label=splits.multi_label)
    return prepared_of(splits, root / "prepared", table, classes)


def prepared_of(
    splits: SplitManifests, folder: Path, table: LabelTable | None = None, classes: tuple[str, ...] = ()
) -> Prepared:
    return write_prepared(read_splits(splits), table, folder, classes=classes, held_out=0.1, seed=0)


def balanced(counts: dict[str, object]) -> bool:
    """Whether every row that was read ended in one place."""
    places = ("used", "not_live", "unlabelled", "not_in_table", "repeated", "tested", "held_out")
    return counts["read"] == sum(counts[name] for name in places) + sum(counts["outside"].values())


def test_a_seeded_tenth_is_held_out_without_a_dev_set(tmp_path: Path) -> None:
    found = prepare(tmp_path, colour_rows(30))
    train, dev = found.split("train"), found.split("dev")
    assert (len(train), len(dev)) == (27, 3) and not set(train.ids) & set(dev.ids)
    assert found.counts["train"]["held_out"] == 3 and balanced(found.counts["train"])
    assert found.classes == ("animal", "food", "place")


def test_a_label_table_replaces_the_labels_and_drops_rows_it_does_not_name(tmp_path: Path) -> None:
    labels = {"toy/0000": "place", "toy/0001": "food", "toy/0002": None, "toy/0003": "nonsense"}
    found = prepare(tmp_path, colour_rows(9), dev=colour_rows(3, first=30), labels=labels)
    train, counts = found.split("train"), found.counts["train"]
    assert dict(zip(train.ids, train.labels)) == {"toy/0000": ["place"], "toy/0001": ["food"]}
    assert (counts["not_in_table"], counts["unlabelled"], counts["outside"]) == (5, 1, {"nonsense": 1})
    assert balanced(counts)
    assert found.split("dev").labels == [["animal"], ["food"], ["place"]]


def test_held_out_rows_keep_their_human_labels_whatever_the_table_says(tmp_path: Path) -> None:
    labels = {f"toy/{number:04d}": "food" for number in range(30)}
    dev = prepare(tmp_path, colour_rows(30), labels=labels).split("dev")
    human = {row["id"]: [row["human_label"]] for row in colour_rows(30)}
    assert all(human[name] == label for name, label in zip(dev.ids, dev.labels))


def test_weights_of_the_table_reach_the_rows(tmp_path: Path) -> None:
    labels = {"toy/0000": "animal", "toy/0001": "food"}
    found = prepare(
        tmp_path, colour_rows(2), dev=colour_rows(3, first=30), labels=labels, **{"toy/0001": 0.5}
    )
    assert found.split("train").weights.tolist() == [1.0, 0.5]


def test_test_labels_outside_the_list_are_counted_and_not_scored(tmp_path: Path) -> None:
    test = colour_rows(3, first=60)
    test[1]["human_label"] = "plant"
    test[2]["human_label"] = None
    found = prepare(tmp_path, colour_rows(30), test=test)
    split, counts = found.split("test/test"), found.counts["test/test"]
    assert split.known.tolist() == [True, False, False] and split.targets.tolist()[1:] == [UNKNOWN, UNKNOWN]
    assert counts["outside"] == {"plant": 1} and counts["unlabelled"] == 1 and balanced(counts)


def test_a_class_absent_from_training_stays_in_the_list(tmp_path: Path) -> None:
    two = [row for row in colour_rows(30) if row["human_label"] != "place"]
    found = prepare(tmp_path, two, classes=("animal", "food", "place"))
    assert found.classes == ("animal", "food", "place") and 2 not in found.split("train").targets


def test_rows_that_are_tested_on_are_not_trained_on(tmp_path: Path) -> None:
    found = prepare(tmp_path, colour_rows(30), test=colour_rows(5))
    assert found.counts["train"]["tested"] == 5 and balanced(found.counts["train"])
    assert not set(found.split("train").ids) & set(found.split("test/test").ids)


def test_missing_and_broken_pictures_are_grey_and_counted_and_so_are_empty_texts(tmp_path: Path) -> None:
    rows = colour_rows(12)
    rows[0]["images"], rows[1]["images"], rows[2]["images"] = [], ["gone.png"], ["../../outside.png"]
    rows[3]["images"], rows[4]["text"], rows[5]["text"] = ["broken.png"], "  ", None
    folder, dev = write_set(tmp_path / "train", rows), write_set(tmp_path / "dev", colour_rows(3, first=30))
    (folder / "pictures/broken.png").write_bytes(b"no picture")
    found = prepared_of(sources_of([folder], dev), tmp_path / "prepared")
    assert (found.counts["train"]["grey"], found.counts["train"]["empty_text"]) == (4, 2)
    assert found.split("train").pictures.count(None) == 4


def test_a_picture_too_thin_to_be_shown_is_grey(tmp_path: Path) -> None:
    rows = colour_rows(4)
    rows[1]["images"] = ["thin.png"]
    folder, dev = write_set(tmp_path / "train", rows), write_set(tmp_path / "dev", colour_rows(3, first=30))
    (folder / "pictures/thin.png").write_bytes(png((9, 9, 9), size=(1, 1000)))
    found = prepared_of(sources_of([folder], dev), tmp_path / "prepared")
    assert found.counts["train"]["grey"] == 1 and found.split("train").pictures[1] is None


def test_grey_and_empty_are_counted_among_the_rows_that_are_used(tmp_path: Path) -> None:
    rows = [row | {"images": [], "text": ""} for row in colour_rows(20)]
    counts = prepare(tmp_path / "a", rows).counts
    assert (counts["dev"]["used"], counts["dev"]["grey"], counts["dev"]["empty_text"]) == (2, 2, 2)
    assert (counts["train"]["used"], counts["train"]["grey"]) == (18, 18)
    labels: dict[str, object] = {"toy/0000": "food", "toy/0001": "animal"}
    counts = prepare(tmp_path / "b", rows, dev=colour_rows(3, first=30), labels=labels).counts
    assert (counts["train"]["grey"], counts["train"]["empty_text"]) == (2, 2)


def test_labels_that_belong_to_no_live_training_row_are_counted(tmp_path: Path) -> None:
    rows = colour_rows(9)
    rows[0]["status"] = "dropped"
    names = ("toy/0000", "toy/0001", "toy/0002", "toy/0007", "toy/1", "other")
    found = prepare(
        tmp_path, rows, dev=colour_rows(3, first=30), test=rows[7:], labels=dict.fromkeys(names, "food")
    )
    counts = found.counts["train"]
    assert (counts["used"], counts["tested"], counts["labels_without_row"]) == (2, 2, 3) and balanced(counts)
    assert without_row(found.counts) == ["ids of the label table that are no live training row: 3"]
    assert without_row({"train": {}}) == []


def test_rows_with_several_labels_have_marks_and_null_is_not_no_label(tmp_path: Path) -> None:
    rows = colour_rows(30, several=True)
    rows[0]["human_labels"], rows[1]["human_labels"] = None, []
    found = prepare(tmp_path, rows, dev=colour_rows(3, first=60, several=True))
    train = found.split("train")
    assert found.multi_label and found.counts["train"]["unlabelled"] == 1
    assert train.targets[train.ids.index("toy/0001")].tolist() == [0, 0, 0]
    assert train.targets[train.ids.index("toy/0004")].tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"human_label": None}, "none of the 6 training rows has a label"),
        ({"status": "dropped"}, "no live row"),
    ],
)
def test_sets_with_nothing_to_learn_are_refused(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        prepare(tmp_path, [row | change for row in colour_rows(6)])


def test_no_row_left_to_train_or_to_stop_on_is_refused_with_the_counts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no row is left to train on.*not_in_table 6"):
        prepare(tmp_path / "a", colour_rows(6), dev=colour_rows(3, first=30), labels={"other": "food"})
    strange = [row | {"human_label": "plant"} for row in colour_rows(3, first=30)]
    with pytest.raises(ValueError, match="no dev row has a label of"):
        prepare(tmp_path / "b", colour_rows(6), dev=strange)
