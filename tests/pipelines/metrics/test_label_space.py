from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL

LABELS = ("crime", "drama", "war")


def test_one_label_per_row_is_its_place_among_the_labels() -> None:
    space = LabelSpace(LABELS)
    codes = space.read(pa.chunked_array([["war", None], ["crime", "news"]]))
    assert codes.tolist() == [2, NO_LABEL, 0, NO_LABEL]
    assert space.values(codes).to_pylist() == ["war", None, "crime", None]
    assert space.names(2) == ("war",)


def test_equal_sets_have_equal_codes_whatever_their_order_and_in_every_column() -> None:
    space = LabelSpace(LABELS, several=True)
    first = space.read(pa.chunked_array([[["war", "drama"], []], [None, ["crime"]]]))
    second = space.read(pa.array([["drama", "war"], ["crime", "crime"], [], ["crime", "news"]]))
    assert second.tolist() == [first[0], first[3], first[1], NO_LABEL]
    assert first[2] == NO_LABEL and len(set(first.tolist())) == 4
    assert space.values(first).to_pylist() == [["drama", "war"], [], None, ["crime"]]


def test_a_part_of_a_column_is_read_as_it_is() -> None:
    space = LabelSpace(LABELS, several=True)
    whole = pa.array([["war"], None, ["drama", "crime"], []])
    assert space.values(space.read(whole[2:])).to_pylist() == [["crime", "drama"], []]


def test_marks_say_which_labels_a_row_has() -> None:
    space = LabelSpace(LABELS, several=True)
    codes = space.read(pa.array([["war", "crime"], [], None]))
    assert space.marks(codes).tolist() == [[True, False, True], [False] * 3, [False] * 3]
    assert space.marks(np.stack([codes, codes])).shape == (2, 3, 3)


def test_agreement_is_accuracy_or_micro_f1() -> None:
    one = LabelSpace(LABELS)
    part, whole = one.agreement(np.array([0, 1, 2], np.int32), np.array([0, 2, NO_LABEL], np.int32))
    assert part.tolist() == [1, 0, 0] and whole.tolist() == [1, 1, 1]
    several = LabelSpace(LABELS, several=True)
    human = several.read(pa.array([["crime", "war"], ["drama"], []]))
    given = several.read(pa.array([["war"], ["drama", "crime"], []]))
    part, whole = several.agreement(human, given)
    assert part.sum() / whole.sum() == pytest.approx(2 * 2 / (3 + 3))


def test_no_answer_never_agrees_even_with_a_row_that_has_no_label() -> None:
    space = LabelSpace(LABELS)
    missing = np.array([NO_LABEL], np.int32)
    assert space.agreement(missing, missing)[0].tolist() == [0]


def test_the_commonest_answer_of_several_labels_is_the_set_with_the_best_micro_f1() -> None:
    space = LabelSpace(LABELS, several=True)
    human = space.read(pa.array([["drama"], ["drama", "war"], ["drama", "war"], ["crime", "drama"]]))
    scores = {}
    for names in (["drama"], ["drama", "war"], ["crime", "drama", "war"]):
        part, whole = space.agreement(human, space.read(pa.array([names])))
        scores[tuple(names)] = part.sum() / whole.sum()
    [best] = space.commonest(human).tolist()
    assert scores[space.names(best)] == max(scores.values())
    assert LabelSpace(LABELS).commonest(np.array([2, 0, 2], np.int32)).tolist() == [2]
