from __future__ import annotations

import pytest
from scored_rows import TABLE, loaded, picture

from actors.apply import apply
from actors.scorers.itm import ItmScorer


def test_matching_scores_are_mean_probabilities_of_the_sentences(lavis_folder):
    scorer = loaded(ItmScorer(str(lavis_folder("blip2_image_text_matching"))))
    [found, *others] = apply(scorer, TABLE)["paragraph_itm_scores"].to_pylist()
    texts = ["there is a red square", "it is big", "the dog is on the left"]
    single = scorer.matcher.match([picture("red")], texts, [(0, 0), (0, 1), (0, 2)])
    assert found == pytest.approx([100 * float(single[:2].mean()), 100 * float(single[2])], abs=1e-3)
    assert others == [None, None, None]
