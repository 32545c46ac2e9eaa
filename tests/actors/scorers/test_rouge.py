"""Rouge-L equals Google's in English, and reads other scripts where Google's sees no word."""

from __future__ import annotations

import pytest
from rouge_score.rouge_scorer import RougeScorer

from actors.scorers.rouge import ScriptTokenizer, load_rouge, rouge_l

ENGLISH = (
    ("Running dogs, 3.5 of them!", "A dog runs; 3.5 others don't."),
    ("The well-known cat's tail — “long” — isn’t visible…", "the cats' tails aren’t seen (well_known)"),
    ("", "nothing"),
)


@pytest.mark.parametrize(("one", "other"), ENGLISH)
def test_words_of_a_to_z_score_as_googles_do(one: str, other: str) -> None:
    expected = RougeScorer(["rougeL"], use_stemmer=True).score(one, other)["rougeL"].fmeasure
    assert rouge_l(one, other, load_rouge()) == expected


@pytest.mark.parametrize(
    ("text", "nearly", "other"),
    [
        ("两只猫在沙发上睡觉。", "两只猫在地板上睡觉。", "天气很好"),
        ("Две кошки спят на диване.", "Две кошки спят на полу.", "Хорошая погода"),
        ("แมวสองตัวนอนบนโซฟา", "แมวสองตัวนอนบนพื้น", "อากาศดี"),
        ("二匹の猫がソファで眠っている。", "二匹の猫が床で眠っている。", "良い天気"),
        ("बिल्ली सोफे पर सो रही है।", "बिल्ली फर्श पर सो रही है।", "मौसम अच्छा"),
        ("القطة تنام على الأريكة", "القطة تنام على الأرض", "طقس جميل"),
        ("고양이가 소파에서 자고 있다", "고양이가 바닥에서 자고 있다", "좋은 날씨"),
        ("Η γάτα κοιμάται στον καναπέ", "Η γάτα κοιμάται στο πάτωμα", "καλός καιρός"),
        ("Déjà vu à l'été", "Déjà vu à l'hiver", "naïf"),
    ],
)
def test_other_scripts_are_compared_by_their_words(text: str, nearly: str, other: str) -> None:
    scorer = load_rouge()
    assert rouge_l(text, text, scorer) == 1.0
    assert 0.3 < rouge_l(text, nearly, scorer) < 1.0
    assert rouge_l(text, other, scorer) == 0.0


def test_scripts_mix_in_one_text() -> None:
    assert ScriptTokenizer().tokenize("Zwei Katzen: 两只猫 running café") == [
        "zwei", "katzen", "两", "只", "猫", "run", "café",
    ]  # fmt: skip
