"""The plots of a label study."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from plot_geometry import outside, overprints, text_boxes
from study_figures import HUMAN, source, study

from pipelines.reports.label_study.plots import human_curve, source_bars

SHARES = [
    source(f"human-{n}", "human_share", 0.5 + n / 300, num_human=3.0 * n, num_labels=3.0 * n)
    for n in (5, 10, 50)
]


def plot(html: str) -> ElementTree.Element:
    [svg] = re.findall(r'<svg[^>]*class="plot".*?</svg>', html)
    root = ElementTree.fromstring(svg)
    assert overprints(text_boxes(root)) == [] and outside(root) == []
    return root


def test_every_kind_of_answer_has_a_bar_and_shares_of_human_labels_none():
    long = "human labels of the rows that smollm2-135m-instruct answered"
    sources = [HUMAN, source("robot", "model", 0.75), source(long, "same_rows", 0.8), *SHARES]
    root = plot(source_bars(study(*sources)))
    assert len([rect for rect in root.iter("rect") if rect.get("class").startswith("bar")]) == 3
    names = " ".join(text.text for text in root.iter("text") if text.get("class") == "bar-label")
    assert names == f"human robot {long}"  # whole, however long
    assert "always the commonest: 50.0%" in {text.text for text in root.iter("text")}


def test_the_curve_rises_with_human_labels_and_the_models_level_crosses_it():
    mixture = source("mix", "mixture", 0.8, num_human=30.0)
    root = plot(human_curve(study(HUMAN, source("robot", "model", 0.75), mixture, *SHARES)))
    level, alone, mixed = root.iter("polyline")
    assert "dashed" in level.get("class")
    heights = [float(point.split(",")[1]) for point in alone.get("points").split()]
    assert len(heights) == 4 and heights == sorted(heights, reverse=True)
    assert len(mixed.get("points").split()) == 2
    assert "human-5" not in alone.findtext("title", "") and len(list(root.iter("circle"))) == 6


def test_the_legend_names_curves_and_levels():
    html = human_curve(study(HUMAN, source("robot", "model", 0.75), *SHARES))
    for name in ("human labels alone", "human labels and robot on the rest", "robot alone, no human label"):
        assert f"</svg>{name}</li>" in html


def test_one_number_of_human_labels_is_no_curve():
    assert human_curve(study(HUMAN, source("robot", "model", 0.75))) == ""
