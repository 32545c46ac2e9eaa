from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from classified_rows import answer, classified_rows, several_rows, write_classified

from actors.base import BadRow
from pipelines.reports.classified.confidence import curve_of, spread
from pipelines.reports.classified.run import SURE, UNSURE, WRONG, Chosen, ClassifiedRun
from pipelines.reports.classified.scores import confusion, estimates, label_scores
from pipelines.schema import failed_row


def test_counts_and_figures_are_those_of_the_rows(tmp_path: Path) -> None:
    rows = classified_rows(300)
    rows[0]["human_label"], rows[1]["human_label"], rows[2]["text"] = "weather", None, "  "
    run = ClassifiedRun.read(write_classified(tmp_path / "run", rows))
    judged = rows[2:]
    right = [row["label"] == row["human_label"] for row in judged]
    assert len(run.judged) == 300 and run.judged.sum() == len(run.truth) == 298
    assert run.outside == {"weather": 1} and run.empty_texts == 1 and run.problems == {"no_picture": 100}
    assert run.given_labels.total() == 300 and run.right.tolist() == right
    assert estimates(run)["accuracy"].value == np.mean(right)
    assert confusion(run)[:, :-1].sum() == 298 and confusion(run)[:, -1].sum() == 0
    assert [int(part.sum()) for part in spread(run)] == [sum(right), 298 - sum(right), 2]
    assert curve_of(run)[-1].answer_rate == 1.0 and curve_of(run)[-1].accuracy.value == np.mean(right)


def test_several_labels_are_judged_one_by_one_and_together(tmp_path: Path) -> None:
    rows = several_rows(200)
    rows[0]["human_labels"], rows[1]["human_labels"] = ["animal", "weather"], None
    run = ClassifiedRun.read(write_classified(tmp_path / "run", rows, several=True))
    assert len(run.truth) == 198 and run.outside == {"weather": 1}
    assert run.without_label == sum(not row["labels"] for row in rows) > 0
    whole = [set(row["labels"]) == set(row["human_labels"]) for row in rows[2:]]
    assert run.right.tolist() == whole and estimates(run)["all labels right"].value == np.mean(whole)
    animal = label_scores(run)[0]
    both = sum("animal" in row["labels"] and "animal" in row["human_labels"] for row in rows[2:])
    assert animal.both == both and animal.recall.value == both / animal.human
    assert animal.f1.value == pytest.approx(2 * both / (animal.human + animal.given))
    assert sum(one.decisions for one in run.reliability.bins) == 3 * 198


def test_examples_are_the_surest_and_the_least_sure_whatever_the_order(tmp_path: Path) -> None:
    rows = [answer(n, [0.9, 0.05, 0.05], label="animal", confidence=0.9) for n in range(50)]
    for number, (sure, human) in enumerate(((0.95, "food"), (0.95, "food"), (0.5, "food"), (0.4, "animal"))):
        rows[10 + number] |= {"confidence": sure, "human_label": human}
    first = ClassifiedRun.read(write_classified(tmp_path / "first", rows)).examples
    assert first[WRONG] == ["toy/00010", "toy/00011", "toy/00012"]
    assert first[SURE] == ["toy/00000", "toy/00001", "toy/00002"]
    assert first[UNSURE] == ["toy/00013"]  # the others are told already
    assert ClassifiedRun.read(write_classified(tmp_path / "second", rows[::-1])).examples == first


def test_examples_chosen_part_by_part_are_those_of_the_whole() -> None:
    sure = np.random.default_rng(0).integers(0, 9, 90) / 8
    table = pa.table({"id": [f"{n:03d}" for n in range(90)], "confidence": sure.astype(np.float32)})
    wrong, whole, parts = sure % 0.5 == 0, Chosen(), Chosen()
    whole.add(table, wrong)
    for start in range(0, 90, 7):
        parts.add(table.slice(start, 7), wrong[start : start + 7])
    assert parts.ids() == whole.ids()


def test_a_run_without_labelled_rows_has_no_figures(tmp_path: Path) -> None:
    bad = failed_row(BadRow("unreadable", "torn"), id="toy/0", dataset="toy", task="label", text=None)
    run = ClassifiedRun.read(write_classified(tmp_path / "run", [bad]))
    assert len(run.judged) == 0 and estimates(run) == {} and run.reliability.bins == []


def test_runs_of_other_verbs_are_refused(tmp_path: Path) -> None:
    folder = write_classified(tmp_path / "run", classified_rows(2))
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"classify"', '"ingest"'))
    with pytest.raises(ValueError, match="run of 'ingest'; this page is on runs of 'classify'"):
        ClassifiedRun.read(folder)
