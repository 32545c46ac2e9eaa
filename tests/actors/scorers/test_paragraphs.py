from __future__ import annotations

import pytest
import torch
from scored_rows import TABLE, TWO, loaded, picture

from actors.apply import apply
from actors.scorers.paragraphs import ClipScorer, ItmScorer, paragraph_score
from actors.scorers.similarity import StsScorer


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


def test_a_model_that_is_not_there_is_found_before_the_run():
    with pytest.raises(ValueError, match="no folder"):
        ClipScorer("nowhere").check()
    with pytest.raises(ValueError, match="HF_HUB_OFFLINE"):
        StsScorer("nobody/nothing").check()


def test_matching_scores_are_mean_probabilities_of_the_sentences(lavis_folder):
    scorer = loaded(ItmScorer(str(lavis_folder("blip2_image_text_matching"))))
    [found, *others] = apply(scorer, TABLE)["paragraph_itm_scores"].to_pylist()
    texts = ["there is a red square", "it is big", "the dog is on the left"]
    single = scorer.matcher.match([picture("red")], texts, [(0, 0), (0, 1), (0, 2)])
    assert found == pytest.approx([100 * float(single[:2].mean()), 100 * float(single[2])], abs=1e-3)
    assert others == [None, None, None]
