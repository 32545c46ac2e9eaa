"""The closing table of a study."""

from __future__ import annotations

from pipelines.recipes.label_study.summary import print_study
from pipelines.reports.label_study.figures import ACCURACY
from pipelines.reports.label_study.verdict import verdicts


def test_a_line_for_all_training_labels_and_the_verdicts_below(done, capsys) -> None:
    _, figures, _ = done
    print_study(figures)
    out = capsys.readouterr().out
    words = " ".join(out.split())
    assert "pets: 160 test rows, 2 seeds" in words
    human, robot = figures.source("human"), figures.source("robot")
    for source in (human, robot):
        assert f"{source.num_labels:,.0f}" in words
        assert f"{100 * source.figures[ACCURACY].value:.1f}" in words
    [verdict] = verdicts(figures)
    assert out.splitlines()[-1] == f"robot: {verdict.words}"
