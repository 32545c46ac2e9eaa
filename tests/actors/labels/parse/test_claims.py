"""What one sentence says of the labels."""

from actors.labels.language.certainty import Certainty
from actors.labels.parse.claims import complements, read_claim
from actors.prompts.task import Task, load_task

MOOD = Task("t", "s", ("good", "bad"), "{document}?")
PAIR = Task("t", "s", ("good", "not good"), "{document}?")


def test_a_sentence_names_denies_and_settles_on_labels() -> None:
    claim = read_claim(MOOD, "Not bad but good.")
    assert (claim.label, claim.certainty, claim.named, claim.denied) == (
        "good",
        Certainty.FIRM,
        {"good"},
        {"bad"},
    )


def test_the_surest_label_of_a_sentence_is_its_own() -> None:
    assert read_claim(MOOD, "It has bad words, it is good.").label == "good"
    assert read_claim(MOOD, "It may be bad.").certainty is Certainty.GUESS


def test_several_sure_labels_leave_a_sentence_undecided() -> None:
    claim = read_claim(MOOD, "It is good and bad.")
    assert claim.label is None and claim.certainty is Certainty.FIRM and claim.named == {"good", "bad"}
    assert read_claim(MOOD, "It rains.").certainty is Certainty.NONE


def test_the_first_label_wins_only_where_an_explanation_follows() -> None:
    assert read_claim(MOOD, "Good, because the bad one dies.").label == "good"
    assert read_claim(MOOD, "Good, then bad.").label is None
    assert read_claim(MOOD, "The start is good, because it is bad.").label is None


def test_the_denial_of_a_label_is_its_negation_where_that_is_a_label() -> None:
    assert read_claim(PAIR, "It isn't good.").label == "not good"
    assert read_claim(PAIR, "It isn't necessarily good.").label is None
    assert read_claim(MOOD, "It isn't good.").label is None


def test_labels_that_are_negations_of_others_are_known_by_their_names() -> None:
    names = [("toxic", "non-toxic"), ("спам", "не спам"), ("积极", "不积极"), ("olumlu", "olumlu değil")]
    for plain, negated in names:
        assert complements(Task("t", "s", (plain, negated), "{document}?")) == {plain: negated}
    assert complements(load_task("hateful_memes")) == {"hateful": "not hateful"}
    assert complements(Task("t", "s", ("able", "notable"), "{document}?")) == {}


def test_no_label_is_named_in_no_doubt() -> None:
    vqa = load_task("easy_vqa")
    assert read_claim(vqa, "It is red, no doubt.").named == {"red"}
