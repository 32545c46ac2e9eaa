from __future__ import annotations

import pytest
from response_rows import marks, rows_table

from actors.apply import apply
from actors.filters.rules import ChangeFilter, LengthFilter, find_repetition, fold


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("The small yellow ball is made of rubber.", None),  # accepted in Figure 5
        ("Yes.", "too_short"),
        ("", "too_short"),
        ("A cat. " * 3, "repetition"),
        ("I see a cat. " + "and then a very small dog " * 3, "repetition"),
        ("It is very very very good.", None),
        ("It is " + "so " * 9 + "good.", "repetition"),
        ("A person walks [0.12, 0.5, 0.3, 0.4].", "leftover_boxes"),
        ("The years [2012, 2013] were good.", None),
        ("There is a cat and then...", "trailing_dots"),
        ("There is a cat and a", "no_end"),
        ('He said "stop!"', None),
        ("They are:\n- a cat\n- a dog", None),
        (" ".join(f"word{i}" for i in range(401)) + ".", "too_long"),
        (" ".join(f"word{i}" for i in range(400)) + ".", None),
    ],
)
def test_each_fault_of_form_has_its_own_reason(response, reason):
    assert marks(LengthFilter(), {"response": response}) == [reason]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("两只猫在沙发上睡觉。", None),
        ("二匹の猫がソファで眠っている。", None),
        ("แมวสองตัวนอนบนโซฟา", None),  # Thai has no final mark
        ("猫。", "too_short"),
        ("แมว", "too_short"),
        ("はい。", "too_short"),
        ("ماذا ترى في الصورة؟", None),
        ("बिल्ली सोफे पर सो रही है।", None),
        ("بلی صوفے پر سو رہی ہے۔", None),
        ("「二匹の猫がいます。」", None),
        ("ድመቷ ተኝታለች።", None),
        ("两只猫在沙发上睡觉，然后", "no_end"),
        ("Две кошки спят на", "no_end"),
        ("我看到一只猫。" * 3, "repetition"),
        ("बिल्ली सो रही है। " * 3, "repetition"),
        ("两只猫在沙发上...", "trailing_dots"),
        ("我们今天去公园看到很多不同的花和树木还有小鸟", "no_end"),
    ],
)
def test_words_and_ends_are_those_of_the_script(response, reason):
    assert marks(LengthFilter(), {"response": response}) == [reason]


def test_words_of_a_script_without_spaces_are_counted_for_both_limits():
    found = apply(LengthFilter(max_words=5), rows_table({"response": "两只猫在沙发上睡觉。"})).to_pylist()[0]
    assert (found["reason"], found["score"], found["detail"]) == ("too_long", 7.0, "7 words")
    found = apply(LengthFilter(), rows_table({"response": "猫。"})).to_pylist()[0]
    assert (found["score"], found["detail"]) == (1.0, "1 word")


def test_the_token_limit_is_known_better_than_guessed_from_the_last_mark():
    actor = LengthFilter(knows_finish=True)
    rows = [
        {"response": "A whole sentence.", "finish_reason": "length"},
        {"response": "no mark at the end", "finish_reason": "stop"},
        {"response": "no mark at the end", "finish_reason": None},
    ]
    assert marks(actor, *rows) == ["no_end", None, "no_end"]


def test_every_limit_can_be_moved():
    long, short = {"response": "a b c d e f."}, {"response": "Yes."}
    assert marks(LengthFilter(max_words=5), long) == ["too_long"]
    assert marks(LengthFilter(min_words=0), short) == [None]
    assert marks(LengthFilter(dots=False, unfinished=False), {"response": "well, yes..."}) == [None]
    assert marks(LengthFilter(boxes=False), {"response": "at [0.1, 0.2]."}) == [None]
    assert marks(LengthFilter(max_repeats=4), {"response": "A cat. A cat. A cat."}) == [None]
    with pytest.raises(ValueError, match="min_words is 9"):
        LengthFilter(min_words=9, max_words=3).check()


def test_a_drop_by_a_limit_holds_figure_and_limit():
    found = apply(LengthFilter(), rows_table({"response": "Yes."})).to_pylist()[0]
    assert (found["score"], found["threshold"]) == (1.0, 2.0)


def test_a_repeated_phrase_is_found_without_full_stops():
    assert find_repetition("on the mat on the mat on the mat", 3) == ("on the mat", 3)
    assert find_repetition("the cat and the dog and the bird", 3) is None


@pytest.mark.parametrize(
    ("new", "old", "dropped"),
    [
        ("No.", "no", True),
        ("A  RED   dog!", "a red dog", True),
        ("A red dog runs.", "a red dog", False),
        ("यह की है।", "यह का है", False),  # vowel signs are no marks between words
        ("两只猫。", "两只猫", True),
    ],
)
def test_a_response_that_only_changed_case_and_marks_is_unchanged(new, old, dropped):
    found = marks(ChangeFilter(), {"response": new, "response_original": old})
    assert found == ["unchanged" if dropped else None]


def test_texts_of_marks_alone_are_compared_as_they_are():
    assert fold("?!") != fold("...")
