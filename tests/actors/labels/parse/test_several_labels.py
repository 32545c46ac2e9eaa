"""All labels that an answer gives, and which kind of non-answer the rest is."""

import pytest
from steps import count_calls

from actors.labels.parse.several_labels import parse_labels
from actors.labels.parse.unanswered import ANSWER_KINDS
from actors.prompts.task import load_task

GENRES = load_task("mm_imdb_genres")
ALL = ", ".join(GENRES.labels[:-1]) + " or Film-Noir"


def labels(text: str, document: str = "") -> list[str] | None:
    parsed = parse_labels(GENRES, text, "stop", document=document)
    assert (parsed.labels is None) == (parsed.kind != "answered")
    assert parsed.kind in ANSWER_KINDS
    return parsed.labels


def kind(text: str, finish_reason: str = "stop") -> str:
    return parse_labels(GENRES, text, finish_reason).kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Comedy, Drama", ["Drama", "Comedy"]),
        ("- Drama\n- **Romance**\n- War", ["Drama", "Romance", "War"]),
        ("The genres are drama and adventure.", ["Drama", "Adventure"]),
        ("A romantic comedy.", ["Comedy", "Romance"]),
        ("A rom-com", ["Comedy", "Romance"]),
        ("It is a drama. It also has elements of a western.", ["Drama", "Western"]),
        ("Crime, Drama, Thriller, Action", ["Crime", "Drama", "Thriller", "Action"]),
        ("Drama, Drama, Drama", ["Drama"]),
    ],
)
def test_every_label_that_is_named_is_given_in_the_tasks_order(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Film-Noir", ["Film-Noir"]),
        ("a film noir", ["Film-Noir"]),
        ("Noir", ["Film-Noir"]),
        ("a neo-noir thriller", ["Thriller"]),
        ("science fiction", ["Sci-Fi"]),
        ("scifi", ["Sci-Fi"]),
        ("Music", ["Music"]),
        ("Musical", ["Musical"]),
        ("an award-winning drama", ["Drama"]),
        ("a documentary biopic", ["Documentary", "Biography"]),
        ("In short, a thriller.", ["Thriller"]),
        ("A short animated film", ["Short", "Animation"]),
        ("Sports, historical", ["History", "Sport"]),
    ],
)
def test_the_genres_words_are_told_apart(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This is not a comedy, but a drama.", ["Drama"]),
        ("Not a comedy, drama or western. It is a thriller.", ["Thriller"]),
        ("It is neither a comedy nor a musical; it is a crime drama.", ["Crime", "Drama"]),
        ("Not a comedy, drama", ["Drama"]),
        ("Drama, not comedy, and war", ["Drama", "War"]),
        ("Not only a comedy but also a romance.", ["Comedy", "Romance"]),
        ("Drama, without any horror", ["Drama"]),
    ],
)
def test_a_negated_label_is_not_given(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Action, Comedy\n\nExplanation: A musician in a family takes part in sports.",
            "Action, Comedy",
        ),
        (
            "It belongs to the drama and romance genres. It revolves around a family at war.",
            "Drama, Romance",
        ),
        ("The movie is a mystery to me.", ""),
        ("1. Drama\n2. Romance", "Drama, Romance"),
        ("- Drama\n- Family", "Drama, Family"),
    ],
)
def test_prose_around_a_statement_of_genres_gives_none(text: str, expected: str) -> None:
    assert ", ".join(labels(text) or []) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Crime: yes\nDrama: yes\nThriller: no\nComedy: no", "Crime, Drama"),
        ("Drama (yes), Comedy (no)", "Drama"),
        ("Comedy: 0\nDrama: 1", "Drama"),
        ("Documentary? No. Drama? Yes.", "Drama"),
        ("[x] Drama [ ] Comedy", "Drama"),
        ("Comedy ✗ / Drama ✓", "Drama"),
        ("Excluded: Comedy, Horror", ""),
        ("Not: Comedy, Horror", ""),
        ("None of the other genres apply: Comedy, Horror", ""),
        ("Comedy, Horror and Action don't apply", ""),
        ("Comedy is not a genre of this film", ""),
        ("It is unlikely to be a comedy", ""),
        ("It has nothing to do with war, sport, or music", ""),
        ("It is anything but a comedy", ""),
    ],
)
def test_what_a_checklist_or_an_exclusion_says_no_to_is_not_given(text: str, expected: str) -> None:
    assert ", ".join(labels(text) or []) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not a short film, a documentary, or an animation", ""),
        ("not a western, a drama, or a film noir", ""),
        ("not a drama, a western, or a romantic comedy", ""),
        ("not an action, adventure, or crime thriller film", ""),
        ("not a comedy, a musical, or a rom-com", ""),
    ],
)
def test_a_negated_list_is_negated_to_its_end(text: str, expected: str) -> None:
    assert ", ".join(labels(text) or []) == expected


def test_a_question_counts_only_where_no_statement_names_a_label() -> None:
    assert labels("Is it a comedy? It is a drama.") == ["Drama"]
    assert labels("Maybe a comedy?") == ["Comedy"]


def test_a_yes_or_no_behind_a_question_settles_it() -> None:
    assert labels("Is it a comedy? No, it is a drama.") == ["Drama"]
    assert labels("Is it a comedy? No doubt.") == ["Comedy"]
    assert labels("Is it a comedy? Yes it is. Is it a drama? No.") == ["Comedy"]
    assert kind("Is it a comedy? No.") == "unparsed"


def test_repeating_the_prompt_gives_no_label() -> None:
    assert kind(f"Options: {ALL}.") == "ambiguous"
    assert kind(ALL) == "ambiguous"
    assert kind("Identify the genres of this movie?") == "unparsed"
    assert labels(f"Options: {ALL}.\nDrama") == ["Drama"]


def test_repeating_the_document_gives_no_label() -> None:
    plot = "The true story of a strike, and of the family that was torn apart by the war."
    assert labels("the family that was torn apart by the war.", plot) is None
    assert labels("The true story of a strike, and of the family that was torn apart. Drama", plot) == [
        "Drama"
    ]
    assert labels("the war", plot) == ["War"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("At first I thought of war.\nFinal answer: Drama, Romance", "Drama, Romance"),
        ("It mentions a war and a western.\nAnswer: Drama", "Drama"),
        ("<reasoning>a war?</reasoning><answer>Drama, Comedy</answer>", "Drama, Comedy"),
        ('{"reasoning": "There is a war.", "genres": ["Drama", "Comedy"]}', "Drama, Comedy"),
        ('{"thoughts": "a western?", "answer": "Drama"}', "Drama"),
        ("The plot mentions war.\n\n\\boxed{Drama, Music}", "Drama, Music"),
        ("Genres: War, Western.\nFinal answer:\n- Drama\n- Music", "Drama, Music"),
        ("A first guess is horror. Final answer: Drama. Explanation: the war is over.", "Drama"),
        ("One could think it is a western. It is a drama.", "Drama"),
        ("If it were funnier, it would be a comedy. It is a drama.", "Drama"),
        ("It is about a war. Overall, it is a drama.", "Drama"),
        ("[THINK]War[/THINK]Drama", "Drama"),
        ("Label: Drama\nLabel: War", "Drama, War"),
        ("Final answer: not a comedy, but a drama", "Drama"),
    ],
)
def test_a_marked_answer_outranks_what_stands_before_it(text: str, expected: str) -> None:
    assert ", ".join(labels(text) or []) == expected


def test_marked_answers_that_differ_are_ambiguous() -> None:
    assert kind("Final answer: Drama\nThe plot goes on.\nFinal answer: War") == "ambiguous"
    assert labels("Final answer: Drama\nThe plot goes on.\nFinal answer: Drama") == ["Drama"]
    assert kind("Final answer: none of them") == "off_list"


def test_the_reason_is_what_stands_before_a_marked_answer() -> None:
    parsed = parse_labels(GENRES, "There is a war. They laugh.\nFinal answer: Drama", "stop")
    assert parsed.reason_text == "There is a war. They laugh."


def test_reading_stops_at_a_refusal() -> None:
    assert kind("I cannot determine the genres. Perhaps a drama.") == "refused"
    assert labels("Drama. However, I can't tell whether it is a comedy.") == ["Drama"]
    assert labels("Crime. I'm sorry, there may also be romance.") == ["Crime"]


@pytest.mark.parametrize(
    ("text", "finish_reason", "expected"),
    [
        ("", "stop", "empty"),
        ("", "content_filter", "refused"),
        ("<think>It could be", "length", "cut_off"),
        ("The film tells of a man who", "length", "cut_off"),
        ("News", "stop", "off_list"),
        ("None of them.", "stop", "off_list"),
        ("He walks through the city and thinks about his life.", "stop", "unparsed"),
    ],
)
def test_answers_without_a_label_are_of_their_kind(text: str, finish_reason: str, expected: str) -> None:
    assert kind(text, finish_reason) == expected


def test_the_reason_is_what_the_answer_says_beyond_the_labels() -> None:
    parsed = parse_labels(GENRES, "A drama, because two brothers part. They never meet again.", "stop")
    assert parsed.reason_text == "because two brothers part They never meet again."
    assert parse_labels(GENRES, "Drama, War", "stop").reason_text is None
    assert parse_labels(GENRES, "1. Drama\n2. War", "stop").reason_text is None
    told = "It follows a family. It is a musical. Reason: a musical scene."
    assert parse_labels(GENRES, told, "stop").reason_text == "It follows a family. Reason: a musical scene."


@pytest.mark.parametrize(
    "part",
    [
        "not a comedy, drama, ",
        "war ",
        "Comedy: no ",
        "[ ] Comedy ",
        "(drama) ",
        "drama (",
        "Drama\n",
        "Comedy? No. ",
        "Excluded: Comedy, ",
        "The genre ",
        "drama - ",
        "lacks a ",
        " ",
    ],
)
def test_a_long_answer_takes_calls_in_proportion_to_its_length(part: str) -> None:
    def read(length: int) -> int:
        text = "Drama" + (part * length)[:length] + "war"
        return count_calls(lambda: labels(text))

    assert read(3600) < 8 * read(900)
    assert read(200_000) < 1.2 * read(20_000)
