"""Tags, boxes and JSON become lines of text."""

import pytest

from actors.labels.parse.markup import write_out


def lines(text: str) -> list[str]:
    return [line.strip() for line in write_out(text).splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Well. <answer>good</answer>", ["Well.", "Final answer: good"]),
        ("<Answer type='x'>good", ["Final answer: good"]),
        ("<b>good</b>", ["<b>good</b>"]),
        (r"So $\boxed{\text{good}}$", ["So", "Final answer: good"]),
        ("[[good]] [1]", ["Final answer: good", "[1]"]),
        ('{"label": "good"}', ["Final answer: good"]),
        ('Here: {"label": "good", "why": "it is"} Bye', ["Here:", "why: it is", "Final answer: good", "Bye"]),
        ('{"reason": "It is.", "predicted_label": "good"}', ["It is.", "Final answer: good"]),
        ('{"result": {"labels": ["good", "bad"]}}', ["Final answer: good, bad"]),
        ("{'label': 'good', 'score': 0.9}", ["Final answer: good"]),
        ('{"good": true, "bad": false}', ["good: yes", "bad: no"]),
        ('{"label": null}', ["Final answer: none"]),
        ('{"答案": "好"}', ["Final answer: 好"]),
        ('{"reason": "x", "label": "good', ["x", "Final answer: good"]),
        ("{x} {", ["{x} {"]),
    ],
)
def test_what_marks_an_answer_becomes_a_line_with_a_lead(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


def test_prose_in_a_tag_is_no_answer_as_a_whole() -> None:
    assert lines("<response>It is bad. No. It is good.</response>") == ["It is bad. No. It is good."]


def test_objects_inside_each_other_without_end_are_left() -> None:
    text = '{"a": ' * 2000
    assert write_out(text) == text
