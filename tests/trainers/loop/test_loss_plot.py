from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
from plot_geometry import outside, overprints, text_boxes

from trainers.loop.loss_plot import running_mean, write_curves, write_loss_plot


def test_the_plot_is_one_file_with_both_curves(tmp_path: Path) -> None:
    text = write_loss_plot([3.0, 2.0, 1.0], tmp_path / "loss.svg", title="Loss").read_text()
    assert text.count("<polyline") == 2 and "href" not in text
    assert running_mean([1.0] * 10 + [3.0] * 30)[-1] == 3.0


def test_four_curves_with_their_names_fit_and_never_overprint(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(20):
        names = ("micro F1", "macro F1", "exact match", "mean loss of the dev set")
        curves = {name: (rng.normal(size=9) * 10.0 ** rng.integers(-4, 6)).tolist() for name in names}
        file = write_curves(curves, tmp_path / f"{number}.svg", title="Dev set", axis="epoch")
        root = ElementTree.parse(file).getroot()
        assert overprints(text_boxes(root)) == [] and outside(root) == []
        assert {"Dev set", "epoch →", *curves} <= {box.text for box in text_boxes(root)}


def test_one_step_is_a_plot_too(tmp_path: Path) -> None:
    text = write_loss_plot([2.0], tmp_path / "loss.svg", title="Loss").read_text()
    assert ElementTree.fromstring(text).get("aria-label") == "Loss"
