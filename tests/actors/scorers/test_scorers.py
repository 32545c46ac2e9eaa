from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from PIL import Image
from scoring_models import write_clip, write_nli, write_reward, write_sts

from actors.apply import apply
from actors.base import LIVE
from actors.filters.rewritten_text import clip_sentences
from actors.scorers.clip import ClipScorer, paragraph_score
from actors.scorers.itm import ItmScorer
from actors.scorers.nli import NliScorer, nli_pair
from actors.scorers.reward import RewardScorer
from actors.scorers.rouge import RougeScorer
from actors.scorers.sts import StsScorer
from actors.together import Together
from pipelines.schema import BASE_SCHEMA, live_row

QUESTION = "what color is it<image>"
TWO = "there is a red square. it is big.\n\nthe dog is on the left."


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 30), colour).save(out, "PNG")
    return out.getvalue()


def row(name: str, response: str | None, original: str | None, **columns: Any) -> dict[str, Any]:
    base = live_row(id=name, dataset="d", task=columns.pop("task", "caption"), instruction=QUESTION)
    return base | {"response": response, "response_original": original, "image_bytes": []} | columns


def rows_table(*rows: dict[str, Any]) -> pa.Table:
    extra = [("response_original", pa.string()), ("image_bytes", pa.list_(pa.binary()))]
    return pa.Table.from_pylist(list(rows), schema=pa.schema([*BASE_SCHEMA, *extra]))


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, str]:
    root: Path = tmp_path_factory.mktemp("models")
    writers = {"clip": write_clip, "nli": write_nli, "reward": write_reward, "sts": write_sts}
    return {name: str(write(root / name)) for name, write in writers.items()}


def loaded(actor: Any) -> Any:
    actor.check()
    actor.load()
    return actor


TABLE = rows_table(
    row("a", TWO, "red square", image_bytes=[picture("red")]),
    row("b", "the dog is big", "a dog", image_bytes=[picture("red"), picture("blue")]),
    row("c", "it is blue.", "blue", task="vqa", image_bytes=[picture("blue")]),
    row("d", "a long story", "story", task="text"),
)


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ("the cat sat on the mat", "the cat is on the mat", 10 / 12),  # 5 of 6 words in order on both sides
        ("Running dogs!", "a dog runs", 2 / 5),  # stems run, dog: one in order; 2 * (1/2 * 1/3) / (5/6)
        ("yes", "no", 0.0),
        ("No.", "no", 1.0),
    ],
)
def test_rouge_is_the_f_measure_of_the_longest_common_stems(new, old, expected):
    found = apply(loaded(RougeScorer()), rows_table(row("a", new, old)))
    assert found["rouge_score"].to_pylist() == [pytest.approx(expected)]


def test_a_row_without_both_texts_fails_alone():
    found = apply(
        loaded(RougeScorer()), rows_table(row("a", "x", None), row("b", None, "x"), row("c", "x", "x"))
    )
    assert found["reason"].to_pylist() == ["missing_response", "missing_response", None]
    assert found["rouge_score"].to_pylist() == [None, None, 1.0]


def test_captions_get_a_similarity_and_answers_get_logits(folders):
    found = apply(loaded(StsScorer(folders["sts"])), TABLE)
    found = apply(loaded(NliScorer(folders["nli"])), found)
    assert [score is not None for score in found["sts_similarity"].to_pylist()] == [True, True, False, False]
    logits = found["nli_similarity"].to_pylist()
    assert [row is not None for row in logits] == [False, False, True, False]
    assert len(logits[2]) == 3


def test_identical_texts_are_entirely_similar(folders):
    found = apply(loaded(StsScorer(folders["sts"])), rows_table(row("a", "a red dog", "a red dog")))
    assert found["sts_similarity"].to_pylist() == [pytest.approx(1.0, abs=1e-5)]


def test_the_premise_is_the_rewritten_answer(folders):
    assert nli_pair("why?", "new", "old") == (
        '"new" is the answer to the question: "why?"',
        '"old" is the answer to the question: "why?"',
    )
    scorer = loaded(NliScorer(folders["nli"]))
    expected = scorer.nli.logits([nli_pair("what color is it", "it is blue.", "blue")])[0]
    assert apply(scorer, TABLE)["nli_similarity"].to_pylist()[2] == pytest.approx(expected.tolist(), abs=1e-5)


def test_sentences_are_cut_at_full_stops_with_the_empty_piece_and_at_most_ten():
    assert clip_sentences("One. Two.") == ["One", " Two", ""]
    assert len(clip_sentences("a." * 30)) == 10


def test_a_paragraph_scores_100_cosine_with_the_plain_mean_of_its_sentences(folders):
    scorer = loaded(ClipScorer(folders["clip"]))
    found = apply(scorer, TABLE)["paragraph_clip_scores"].to_pylist()
    image = scorer.clip.embed_images([picture("red")])[0]
    expected = [
        float(100 * image @ scorer.clip.embed_texts(paragraph.split(".")).mean(dim=0))
        for paragraph in TWO.split("\n\n")
    ]
    assert found[0] == pytest.approx(expected, abs=1e-4)
    assert found[1:] == [None, None, None]  # two pictures, no caption, no picture


def test_equal_vectors_score_100_and_opposite_ones_cancel():
    one, other = torch.tensor([0.6, 0.8]), torch.tensor([-0.6, -0.8])
    assert paragraph_score(one, [one]) == pytest.approx(100.0)
    assert paragraph_score(one, [one, one, other]) == pytest.approx(100 / 3)


def test_a_score_does_not_depend_on_the_neighbours(folders):
    parts = (
        StsScorer(folders["sts"]),
        NliScorer(folders["nli"]),
        ClipScorer(folders["clip"]),
        RewardScorer(folders["reward"]),
    )
    scorer = loaded(Together(parts))
    together = apply(scorer, TABLE)
    for i in range(TABLE.num_rows):
        alone = apply(scorer, TABLE.slice(i, 1))
        for column in scorer.writes:
            mine, theirs = alone[column].to_pylist()[0], together[column].to_pylist()[i]
            assert mine == theirs if mine is None else mine == pytest.approx(theirs, abs=1e-4)


def test_rewards_of_the_rewritten_and_the_raw_answer_stand_side_by_side(folders):
    scorer = loaded(RewardScorer(folders["reward"]))
    found = apply(scorer, TABLE)
    expected = scorer.rewards.score([("what color is it", "it is blue."), ("what color is it", "blue")])
    shown = [found["reward"][2].as_py(), found["reward_original"][2].as_py()]
    assert shown == pytest.approx(expected.tolist(), abs=1e-5)
    assert "reward_original" not in RewardScorer(folders["reward"], raw=False).writes


def test_matching_scores_are_mean_probabilities_of_the_sentences(lavis_folder):
    scorer = loaded(ItmScorer(str(lavis_folder("blip2_image_text_matching"))))
    [found, *others] = apply(scorer, TABLE)["paragraph_itm_scores"].to_pylist()
    texts = ["there is a red square", "it is big", "the dog is on the left"]
    single = scorer.matcher.match([picture("red")], texts, [(0, 0), (0, 1), (0, 2)])
    assert found == pytest.approx([100 * float(single[:2].mean()), 100 * float(single[2])], abs=1e-3)
    assert others == [None, None, None]


def test_parts_of_one_worker_see_what_earlier_parts_wrote(folders):
    both = Together((RougeScorer(), StsScorer(folders["sts"])))
    assert both.reads == ("response", "response_original", "task")
    assert list(both.writes) == ["rouge_score", "sts_similarity"]
    assert [part["actor"] for part in both.identity()["parts"]] == ["RougeScorer", "StsScorer"]


def test_a_model_that_is_not_there_is_found_before_the_run():
    with pytest.raises(ValueError, match="no folder"):
        ClipScorer("nowhere").check()
    with pytest.raises(ValueError, match="HF_HUB_OFFLINE"):
        StsScorer("nobody/nothing").check()


def test_a_marked_row_is_not_scored(folders):
    table = TABLE.set_column(6, "status", pa.array([LIVE, "dropped", LIVE, LIVE]))
    found = apply(loaded(StsScorer(folders["sts"])), table)
    assert found["sts_similarity"].to_pylist()[1] is None
