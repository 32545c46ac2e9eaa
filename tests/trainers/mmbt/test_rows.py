from __future__ import annotations

from pathlib import Path

import pytest
from mmbt_sets import colour_rows, label_table, sources_of, write_set

from pipelines.manifest import Manifest
from trainers.mmbt.prepared import read_splits
from trainers.mmbt.rows import check_columns, read_label_table, split_off


def test_what_is_held_out_follows_from_seed_and_ids(tmp_path: Path) -> None:
    rows = read_splits(sources_of([write_set(tmp_path / "a", colour_rows(50))])).train
    assert split_off(rows, 0.1, 0) == split_off(rows[::-1], 0.1, 0) != split_off(rows, 0.1, 1)
    assert len(split_off(rows[:2], 0.1, 0)) == 1 and split_off(rows[:1], 0.1, 0) == set()


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_a_weight_that_is_not_above_0_is_refused_with_its_id(tmp_path: Path, weight: float) -> None:
    labels = {"toy/0000": "animal", "toy/0001": "food"}
    file = label_table(tmp_path / "labels.parquet", labels, **{"toy/0001": weight})
    with pytest.raises(ValueError, match=f"gives 'toy/0001' the weight {weight}, expected a number above 0"):
        read_label_table(file, multi_label=False)


def test_sets_of_different_kinds_do_not_mix(tmp_path: Path) -> None:
    single = Manifest.read(write_set(tmp_path / "single", colour_rows(3)))
    assert check_columns(single) is False
    several = Manifest.read(write_set(tmp_path / "several", colour_rows(3, several=True)))
    with pytest.raises(ValueError, match="has human_labels and the first training set human_label"):
        check_columns(several, multi_label=False)


def test_broken_label_tables_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no label table"):
        read_label_table(tmp_path / "gone.parquet", multi_label=False)
    file = label_table(tmp_path / "labels.parquet", {"a": "food"})
    with pytest.raises(ValueError, match=r"no column \['labels'\]"):
        read_label_table(file, multi_label=True)
