"""What is read out of an answer, and which kind of non-answer the rest is."""

import pytest
from steps import count_calls

from actors.labels.parse.answer_text import MAX_CHARACTERS
from actors.labels.parse.one_label import parse_label
from actors.labels.parse.unanswered import ANSWER_KINDS
from actors.prompts.task import Task, load_task

GENRE = load_task("mm_imdb")
HATEFUL = load_task("hateful_memes")
XNLI = load_task("xnli")
VQA = load_task("easy_vqa")

# Figures 3 and 4 of paper A in its order: Vicuna-13b, Vicuna-7b, InstructBLIP-13b, -7b, -Flan-T5.
FIGURE_3 = (
    "The genre of this film is likely a romantic comedy. The plot description suggests a lighthearted and "
    "humorous tone, with elements of romance and relationships between the three main characters.",
    "This film could be classified as a romantic comedy. The genre typically combines elements of both "
    "romance and comedy, and the description you provided suggests that the film will likely focus on the "
    "relationship between the two women and the unlucky guy, with a mix of humor and drama.",
    "Both",
    "Comedy",
    "Comedy",
)
FIGURE_4 = (
    "This movie is a combination of both drama and adventure. It has elements of a romantic comedy, but the "
    "main focus is on the adventurous expedition through the jungles of South America.",
    "The genre of this movie is drama and adventure.",
    "Drama",
    "Drama",
    "Comedy",
)


def label(task: Task, text: str) -> str | None:
    parsed = parse_label(task, text, "stop")
    assert (parsed.label is None) == (parsed.kind != "answered")
    assert parsed.kind in ANSWER_KINDS
    return parsed.label


def kind(task: Task, text: str, finish_reason: str = "stop") -> str:
    return parse_label(task, text, finish_reason).kind


def test_figure_3_is_judged_as_in_the_paper() -> None:
    assert [label(GENRE, text) == "comedy" for text in FIGURE_3] == [True, True, False, True, True]
    assert label(GENRE, FIGURE_3[2]) == "both"


def test_figure_4_is_judged_as_in_the_paper() -> None:
    assert [label(GENRE, text) == "both" for text in FIGURE_4] == [True, False, False, False, False]
    assert [label(GENRE, text) for text in FIGURE_4[1:]] == ["drama", "drama", "drama", "comedy"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Comedy**", "comedy"),
        ("# Genre\n`drama`", "drama"),
        ("ＣＯＭＥＤＹ", "comedy"),
        ("com\u200bedy", "comedy"),
        ("<b>DRAMA</b></s>", "drama"),
        ('{"genre": "comedy"}', "comedy"),
        ("<think>Surely a comedy.</think>Drama", "drama"),
        ("Sure!\nComedy", "comedy"),
        ("Answer: both", "both"),
        ("Comedy-drama.", "both"),
        ("A dramedy", "both"),
        ("Not a comedy, a drama.", "drama"),
        ("Drama rather than comedy", "drama"),
        ("It's a comedy, not both.", "comedy"),
        ("It is not a drama in that sense, but a drama all the same.", "drama"),
        ("There is no doubt that this is not only a comedy but also a drama.", "both"),
        ("Both heroes die young. It is a drama.", "drama"),
        ("A man who cannot tell his wife the truth: a comedy.", "comedy"),
        ("Options: drama, comedy or both. Provide short answers.\nAnswer: drama", "drama"),
        ("Melodramatic people argue. A comedy", "comedy"),
    ],
)
def test_a_genre_is_read_from(text: str, expected: str) -> None:
    assert label(GENRE, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "No",
        "NO.",
        "not hateful",
        "not_hateful",
        "Non-hateful",
        "It isn't hateful",
        "It isn’t hateful.",
        "No, the text above is not hateful.",
        "I do not think that this is hateful.",
        "The text does not contain any hateful language.",
        "Yes, it is not hateful",
        "It is not.",
        "False",
        "Is it hateful? No.",
        "Is the text above hateful?\nNo",
        "The answer is no.",
    ],
)
def test_not_hateful_is_read_from(text: str) -> None:
    assert label(HATEFUL, text) == "not hateful"


@pytest.mark.parametrize(
    "text",
    [
        "Yes",
        "yes!",
        "True",
        "Yes, because it does not respect women.",
        "The text above is hateful and not funny.",
        "No doubt it is hateful.",
        "This is not only hateful but racist.",
        "Hate speech",
        "Is the text above hateful?\nYes",
    ],
)
def test_hateful_is_read_from(text: str) -> None:
    assert label(HATEFUL, text) == "hateful"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Entailment", "entailment"),
        ("The premise entails the hypothesis, so it is not a contradiction.", "entailment"),
        ("The hypothesis contradicts the premise.", "contradiction"),
        ("Contradictory.", "contradiction"),
        ("Neutral, because the premise could entail the hypothesis elsewhere", "neutral"),
        ("It is neither entailment nor contradiction. Neutral.", "neutral"),
        ("La réponse est : neutre", "neutral"),
        ("Widerspruch", "contradiction"),
        ("Die Hypothese folgt aus der Prämisse.", "entailment"),
        ("Yes", "entailment"),
        ("The premise does not entail the hypothesis.", None),
        ("It could be entailment or neutral.", None),
    ],
)
def test_inference_labels_are_read_by_their_stems(text: str, expected: str | None) -> None:
    assert label(XNLI, text) == expected


def test_a_short_answer_decides_before_what_follows_it() -> None:
    assert label(VQA, "Yes, there is a red circle") == "yes"
    assert label(VQA, "It is grey.") == "gray"
    assert kind(VQA, "There is a red circle") == "ambiguous"


@pytest.mark.parametrize(
    ("text", "finish_reason", "expected"),
    [
        ("", "stop", "empty"),
        (" \n\u200b ", "length", "empty"),
        ("<think>Let me see", "length", "cut_off"),
        ("The film tells the story of", "length", "cut_off"),
        ("The", "length", "cut_off"),
        ("", "content_filter", "refused"),
        ("The", "content_filter", "refused"),
        ("Drama and the film tells", "length", "answered"),
        ("Horror", "stop", "off_list"),
        ("The genre of this movie is horror.", "stop", "off_list"),
        ("It is neither drama nor comedy.", "stop", "off_list"),
        ("这部电影是恐怖片", "stop", "off_list"),
        ("I cannot determine the genre from this text.", "stop", "refused"),
        ("I cannot determine the genre. It is perhaps a drama.", "stop", "refused"),
        ("I'm sorry. There is no picture. It is a drama about a family.", "stop", "refused"),
        ("No puedo determinar el género.", "stop", "refused"),
        ("Я не могу определить жанр.", "stop", "refused"),
        ("我无法判断。", "stop", "refused"),
        ("ขออภัย ไม่สามารถระบุได้", "stop", "refused"),
        ("मैं नहीं बता सकता।", "stop", "refused"),
        ("لا أستطيع تحديد النوع.", "stop", "refused"),
        ("Let's think. The film is a drama at its", "length", "cut_off"),
        ("It seems to be a comedy, for the", "length", "cut_off"),
        ("<thinking>Let me see", "length", "cut_off"),
        ("<|channel|>analysis<|message|>A drama", "length", "cut_off"),
        ("Let's think. The film is a drama.\nAnswer: drama because", "length", "answered"),
        ("他回家见他的妻子和他们的孩子。", "stop", "unparsed"),
        ("恐怖片", "stop", "off_list"),
        ("As an AI language model, I do not watch drama.", "stop", "refused"),
        ("I'm sorry, but I can't help with that", "length", "refused"),
        ("Je ne peux pas répondre.", "stop", "refused"),
        ("Drama. I cannot determine more.", "stop", "answered"),
        ("Options: drama, comedy or both. Provide short answers.", "stop", "ambiguous"),
        ("Two friends travel through the country and meet many people.", "stop", "unparsed"),
        ("It is certainly not a comedy at all, I think.", "stop", "unparsed"),
        ("...", "stop", "unparsed"),
    ],
)
def test_the_kinds_of_answer_are_told_apart(text: str, finish_reason: str, expected: str) -> None:
    assert kind(GENRE, text, finish_reason) == expected


def test_the_reason_is_what_goes_beyond_the_label() -> None:
    reasons = [parse_label(GENRE, text, "stop").reason_text for text in (*FIGURE_3, *FIGURE_4)]
    assert [reason is None for reason in reasons] == [False, False, True, True, True, False, *4 * [True]]
    assert reasons[0] is not None and reasons[0].startswith("The plot description suggests")
    hateful = parse_label(HATEFUL, "Yes, the text above insults a religion.", "stop")
    assert hateful.reason_text == "the text above insults a religion"
    because = parse_label(XNLI, "This is neutral because the premise says nothing about it.", "stop")
    assert because.reason_text == "because the premise says nothing about it"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("It sounds sad. But they laugh.\nFinal answer: comedy", "It sounds sad. But they laugh."),
        ('{"reasoning": "They laugh. A lot.", "label": "comedy"}', "They laugh. A lot."),
        ("Answer: comedy because they laugh a lot", "because they laugh a lot"),
        ("### Reasoning\nThey laugh.\n### Answer\nComedy", "Reasoning They laugh."),
        ("Comedy.\nThey laugh.\nFinal answer: comedy", "They laugh."),
        ("<think>It may be sad.</think>Comedy", None),
        ("**Label:** comedy\n**Reason:** they laugh.", "Reason: they laugh."),
        ("They laugh, which is comic.\n\n\\boxed{comedy}", "They laugh, which is comic."),
    ],
)
def test_the_reason_is_what_stands_beside_a_marked_answer(text: str, reason: str | None) -> None:
    parsed = parse_label(GENRE, text, "stop")
    assert (parsed.label, parsed.reason_text) == ("comedy", reason)


def test_a_mark_outranks_a_refusal_before_it_and_none_in_it() -> None:
    assert label(GENRE, "I cannot see the picture. Answer: drama") == "drama"
    assert label(XNLI, "Neutral would mean we cannot tell.\n\n**Entailment**") == "entailment"
    assert kind(GENRE, "Answer: I cannot say whether it is drama.") == "refused"


def test_the_end_of_a_long_answer_is_read() -> None:
    story = "The hero walks through the city.\n" * 400
    assert label(GENRE, f"It may be a drama.\n{story}Final answer: comedy") == "comedy"


def test_a_label_inside_another_label_is_not_a_second_one() -> None:
    task = Task("t", "s", ("good", "not good"), "{document}?")
    assert [label(task, text) for text in ("Good", "not good", "Not-good.")] == [
        "good",
        "not good",
        "not good",
    ]


def test_labels_with_marks_and_other_scripts_are_words_too() -> None:
    task = Task("t", "s", ("C++", "C#", "喜剧", "Ελλάδα"), "{document}?")
    assert [label(task, text) for text in ("It is C++.", "c#", "答案 喜剧", "ΕΛΛΆΔΑ")] == list(task.labels)


@pytest.mark.parametrize(
    ("task", "part", "end", "expected"),
    [
        (HATEFUL, "a not ", "", "unparsed"),
        (GENRE, "x", "", "unparsed"),
        (GENRE, "*`_<", "comedy", "unparsed"),
        (GENRE, "Drama ", "", "answered"),
        (GENRE, "Answer: drama ", "", "answered"),
        (GENRE, '{"a": ', "", "unparsed"),
        (XNLI, "It is not neutral. ", "", "unparsed"),
    ],
)
def test_a_huge_answer_costs_no_more_than_one_at_the_limit(
    task: Task, part: str, end: str, expected: str
) -> None:
    def read(length: int) -> int:
        text = (part * length)[:length] + end
        return count_calls(lambda: parse_label(task, text, "stop"))

    assert kind(task, (part * 500_000)[:1_000_000] + end) == expected
    assert read(1_000_000) < 1.2 * read(5 * MAX_CHARACTERS)


def test_an_answer_at_the_limit_takes_calls_in_proportion_to_its_length() -> None:
    for part in ("drama, ", "not a comedy. ", "Answer: drama\n", "at first drama, ", "it is a drama but "):

        def read(length: int, part: str = part) -> int:
            return count_calls(lambda: parse_label(GENRE, (part * length)[:length], "stop"))

        assert read(4000) < 8 * read(1000), part
