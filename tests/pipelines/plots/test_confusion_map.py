from __future__ import annotations

import numpy as np
import pytest
from plot_geometry import parsed

from pipelines.plots.confusion_map import confusion_map
from pipelines.plots.drawing import WIDTH


def test_a_confusion_map_has_a_cell_per_pair_with_count_and_interval() -> None:
    root = parsed(confusion_map(np.array([[3, 1, 0], [0, 0, 0]]), ["yes", "no"], name="n"))
    titles = [group.find("title").text for group in root.iter("g")]
    assert len(titles) == 6
    assert titles[0] == "yes → yes: 3 of 4 = 75.0%, 95 % interval 30.1% to 95.4%"
    assert titles[2] == "yes → no answer: 0 of 4 = 0.0%, 95 % interval 0.0% to 49.0%"
    assert titles[3] == "no → yes: 0 of 0"


@pytest.mark.parametrize("num_labels", [2, 9, 23])
def test_a_confusion_map_stays_within_its_width(num_labels: int) -> None:
    labels = ["a-rather-long-label-name"] * num_labels
    root = parsed(confusion_map(np.ones((num_labels, num_labels + 1), int), labels, name="n"))
    assert max(float(rect.get("x")) + float(rect.get("width")) for rect in root.iter("rect")) <= WIDTH
