from __future__ import annotations

from collections import Counter

import pytest
import torch
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from actors.models.decoding.sampling import pick_tokens, uniform
from actors.models.text_generator import GenerationParams, check_params

SETTINGS = [
    GenerationParams(),
    GenerationParams(temperature=1.3, top_p=0.5),
    GenerationParams(top_k=5, top_p=1.0),
    GenerationParams(top_k=7, top_p=0.6),
    GenerationParams(top_p=1.0),
    GenerationParams(temperature=3.0, top_p=0.99, top_k=1000),
]


def library_distribution(logits: torch.Tensor, params: GenerationParams) -> torch.Tensor:
    scores = TemperatureLogitsWarper(params.temperature)(None, logits[None].double())
    if params.top_k:
        scores = TopKLogitsWarper(params.top_k)(None, scores)
    if params.top_p < 1:
        scores = TopPLogitsWarper(params.top_p)(None, scores)
    return scores.softmax(-1)[0]


@pytest.mark.parametrize("params", SETTINGS)
@pytest.mark.parametrize("scale", [0.3, 3.0], ids=["flat", "peaked"])
def test_frequencies_follow_the_librarys_filtered_distribution(
    params: GenerationParams, scale: float
) -> None:
    torch.manual_seed(0)
    logits = torch.randn(300) * scale
    draws = 4000
    expected = library_distribution(logits, params)
    chosen, _ = pick_tokens(logits.expand(draws, -1), params, range(draws), [0] * draws)
    assert {token for token in chosen if expected[token] == 0} == set()
    for token, count in Counter(chosen).most_common(5):
        share = expected[token].item()
        assert count / draws == pytest.approx(share, abs=4 * (share * (1 - share) / draws) ** 0.5 + 1e-3)


def test_a_draw_depends_on_seed_and_step_and_not_on_the_other_rows() -> None:
    torch.manual_seed(0)
    logits = torch.randn(6, 5000)
    seeds, steps = [1, 2, 3, 1, 2, 3], [0, 0, 0, 1, 1, 1]
    together, _ = pick_tokens(logits, GenerationParams(), seeds, steps)
    alone = [
        pick_tokens(logits[i : i + 1], GenerationParams(), seeds[i : i + 1], steps[i : i + 1])[0][0]
        for i in range(6)
    ]
    assert together == alone
    assert len({uniform(seed, step) for seed, step in zip(seeds, steps)}) == 6


def test_noise_of_rounding_size_changes_next_to_no_draw() -> None:
    torch.manual_seed(0)
    logits = torch.randn(2000, 500) * 2
    noisy = logits + torch.randn_like(logits) * 1e-6
    first, _ = pick_tokens(logits, GenerationParams(), range(2000), [0] * 2000)
    second, _ = pick_tokens(noisy, GenerationParams(), range(2000), [0] * 2000)
    assert sum(a != b for a, b in zip(first, second)) <= 1


def test_uniform_numbers_fill_the_unit_interval_evenly() -> None:
    numbers = torch.tensor([uniform(7, step) for step in range(20000)])
    assert numbers.min() >= 0 and numbers.max() < 1
    assert torch.histc(numbers, 10, 0, 1).sub(2000).abs().max() < 200


def test_greedy_takes_the_best_token_and_reports_its_log_probability() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4, 50)
    tokens, log_probs = pick_tokens(logits, GenerationParams(temperature=0), [0] * 4, [0] * 4)
    assert tokens == logits.argmax(-1).tolist()
    assert log_probs == pytest.approx(logits.double().log_softmax(-1).amax(-1).tolist(), abs=1e-5)


def test_log_probabilities_ignore_temperature_and_filters() -> None:
    torch.manual_seed(0)
    logits = torch.randn(8, 50)
    tokens, log_probs = pick_tokens(logits, GenerationParams(temperature=2.0, top_k=3), range(8), [0] * 8)
    expected = logits.double().log_softmax(-1)[range(8), tokens]
    assert log_probs == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.parametrize(
    "params",
    [
        GenerationParams(max_new_tokens=0),
        GenerationParams(temperature=-0.1),
        GenerationParams(top_p=0.0),
        GenerationParams(top_p=1.1),
        GenerationParams(top_k=-1),
        GenerationParams(stop=("\n", "")),
    ],
)
def test_impossible_settings_are_named(params: GenerationParams) -> None:
    with pytest.raises(ValueError, match=r"^(max_new_tokens|temperature|top_p|top_k|stop) is .*expected"):
        check_params(params)
