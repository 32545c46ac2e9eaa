"""The adapter against a small stand-in for vLLM's public classes; test_real.py runs the real one."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from stand_in_vllm import CONTEXT, END, LLM, SamplingParams, VLLMValidationError, next_logprobs

from actors.base import BadRow, row_seed
from actors.models.decoding.candidate_tree import greedy_choice
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt, softmax
from actors.models.vllm.engine import branches, tree_scores


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in for the package, on a CPU."""
    from importlib.machinery import ModuleSpec

    registry = SimpleNamespace(_run_in_subprocess=None)
    modules = {
        "vllm": {"LLM": LLM, "SamplingParams": SamplingParams},
        "vllm.platforms": {"current_platform": SimpleNamespace(is_cpu=lambda: True)},
        "vllm.exceptions": {"VLLMValidationError": VLLMValidationError},
        "vllm.model_executor": {},
        "vllm.model_executor.models": {"registry": registry},
    }
    for name, members in modules.items():
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        module.__path__ = []
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)
    from actors.models.vllm.start import SETTINGS

    for setting in SETTINGS:
        monkeypatch.delenv(setting, raising=False)


@pytest.fixture
def engine(vllm: None, tiny_llama: Path) -> Any:
    from actors.models.vllm.engine import VllmGenerator

    return VllmGenerator(str(tiny_llama))


def expected_path(engine: Any, prompt: str, candidate: str) -> tuple[float, int]:
    ids = engine.tokenizer(prompt, add_special_tokens=False)["input_ids"]
    path = engine.tokenizer(candidate, add_special_tokens=False)["input_ids"]
    total = 0.0
    for last, token in zip([ids[-1], *path], path):
        total += next_logprobs(last, len(engine.tokenizer))[token]
    return total, len(path)


def test_generations_carry_vllms_text_counts_and_logprob(engine: Any) -> None:
    prompts = [Prompt("a", "a comedy or"), Prompt("b", "yes")]
    results = engine.generate(prompts, GenerationParams(max_new_tokens=6, temperature=0.0))

    for prompt, result in zip(prompts, results):
        ids = engine.tokenizer(prompt.text, add_special_tokens=False)["input_ids"]
        answer = engine.llm._answer(ids, SamplingParams(max_tokens=6)).outputs[0]
        assert result == Generation(
            answer.text, answer.finish_reason, len(ids), len(answer.token_ids), answer.cumulative_logprob
        )


def test_every_row_has_its_own_seed_and_the_given_settings(engine: Any) -> None:
    params = GenerationParams(max_new_tokens=5, temperature=0.7, top_p=0.6, top_k=9, seed=4, stop=("\n",))
    engine.generate([Prompt("a", "yes"), Prompt("b", "no")], params)

    [(_, sent)] = engine.llm.calls
    assert [one.seed for one in sent] == [row_seed(4, "a"), row_seed(4, "b")]
    assert (sent[0].temperature, sent[0].top_p, sent[0].top_k, sent[0].stop) == (0.7, 0.6, 9, ["\n"])
    assert (sent[0].max_tokens, sent[0].logprobs) == (5, 0)


def test_a_long_document_is_cut_and_the_instruction_kept(engine: Any) -> None:
    prompt = Prompt("a", "comedy drama " * 60, head="film: ", tail=" genre?")
    [result] = engine.generate([prompt], GenerationParams(max_new_tokens=8))

    [(sent, _)] = engine.llm.calls
    text = engine.tokenizer.decode(sent[0]["prompt_token_ids"])
    assert text.startswith("film: comedy drama")
    assert text.endswith(" genre?")
    assert len(sent[0]["prompt_token_ids"]) + 8 <= CONTEXT
    assert result.cut_tokens > 0


def test_a_row_that_vllm_refuses_or_that_cannot_fit_harms_no_neighbour(engine: Any) -> None:
    refused = engine.tokenizer.decode([66])
    prompts = [
        Prompt("a", "yes"),
        Prompt("b", refused),
        Prompt("c", "x", head="premise hypothesis " * 60),
        Prompt("d", "no"),
    ]
    results = engine.generate(prompts, GenerationParams(max_new_tokens=4))

    assert [type(result) for result in results] == [Generation, BadRow, BadRow, Generation]
    assert [results[1].reason, results[2].reason] == ["prompt_refused", "too_long"]


def test_choices_are_the_sums_of_their_tokens_logprobs(engine: Any) -> None:
    choices = [" comedy", " drama", " comedy drama", "?"]
    results = engine.choose([Prompt("a", "Is it"), Prompt("b", "fox jumps")], choices)

    for result, text in zip(results, ["Is it", "fox jumps"]):
        expected = [expected_path(engine, text, choice) for choice in choices]
        assert isinstance(result, Choice)
        assert result.scores == pytest.approx([score for score, _ in expected])
        assert result.tokens == tuple(length for _, length in expected)


def test_prompts_are_read_in_the_first_round_and_shared_beginnings_scored_once(engine: Any) -> None:
    engine.choose([Prompt("a", "Is it"), Prompt("b", "fox jumps")], [" comedy drama", " comedy both", " no"])

    (first, _), (second, _) = engine.llm.calls
    assert len(first) == 2
    beginnings = [tuple(request["prompt_token_ids"]) for request in second]
    assert len(set(beginnings)) == len(beginnings)


def test_more_choices_than_one_request_may_score(engine: Any) -> None:
    choices = sorted({engine.tokenizer.decode([token]) for token in range(259, 390)} - {""})
    [result] = engine.choose([Prompt("a", "Is it")], choices)

    assert len(choices) > 128
    assert result.scores[0] == pytest.approx(expected_path(engine, "Is it", choices[0])[0])
    assert max(len(one.logprob_token_ids or []) for _, sent in engine.llm.calls for one in sent) == 128


def test_constrained_answers_are_one_of_the_choices_with_their_own_logprob(engine: Any) -> None:
    choices = [" comedy", " drama", " comedy drama"]
    results = engine.constrain([Prompt(str(i), text) for i, text in enumerate(["Is", "fox", "yes"])], choices)

    assert all(isinstance(result, Generation) and result.text in choices for result in results)
    for text, result in zip(["Is", "fox", "yes"], results):
        logprob, tokens = expected_path(engine, text, result.text)
        assert (result.logprob, result.new_tokens) == (pytest.approx(logprob), tokens)
        scores = [expected_path(engine, text, choice)[0] for choice in choices]
        assert result.share == pytest.approx(softmax(scores)[choices.index(result.text)])


def test_a_choice_that_another_one_continues_wins_where_its_end_is_likelier(engine: Any) -> None:
    [comedy] = engine.tokenizer(" comedy", add_special_tokens=False)["input_ids"]
    scores = next_logprobs(comedy, len(engine.tokenizer))
    words = engine.tokenizer(" drama both the lazy dog jumps image fox over yes", add_special_tokens=False)
    tokens = sorted(words["input_ids"], key=lambda token: scores[token])
    unlikely, likely = (engine.tokenizer.decode([token]) for token in (tokens[0], tokens[-1]))
    assert scores[tokens[0]] < scores[END] < scores[tokens[-1]]

    for more, wins in [(unlikely, " comedy"), (likely, " comedy" + likely)]:
        [result] = engine.constrain([Prompt("a", "Is it")], [" comedy", " comedy" + more])
        assert result.text == wins


def test_a_choice_without_tokens_is_refused(engine: Any) -> None:
    with pytest.raises(ValueError, match="has no tokens"):
        engine.choose([Prompt("a", "Is it")], [" comedy", ""])


def test_pictures_stand_at_the_models_own_mark(vllm: None, tiny_llama: Path, tmp_path: Path) -> None:
    from actors.models.vllm.engine import VllmGenerator

    folder = tmp_path / "pictures"
    folder.symlink_to(tiny_llama)
    engine = VllmGenerator(str(folder))
    mark = engine.tokenizer.convert_ids_to_tokens(3)
    red = io.BytesIO()
    Image.new("RGB", (4, 2), (255, 0, 0)).save(red, "PNG")
    prompts = [
        Prompt("a", "yes", images=(red.getvalue(),)),
        Prompt("b", "first <image> then <image>", images=(red.getvalue(), red.getvalue())),
        Prompt("c", "one <image> <image>", images=(red.getvalue(),)),
        Prompt("d", "broken", images=(b"no picture",)),
        Prompt("e", "no picture at all"),
    ]
    results = engine.generate(prompts, GenerationParams(max_new_tokens=4))

    [(sent, _)] = engine.llm.calls
    texts = [engine.tokenizer.decode(request["prompt_token_ids"]) for request in sent]
    assert texts[0] == f"{mark}\nyes"
    assert texts[1] == f"first {mark} then {mark}"
    assert [len(request.get("multi_modal_data", {}).get("image", [])) for request in sent] == [1, 2, 0]
    assert sent[0]["multi_modal_data"]["image"][0].getpixel((0, 0)) == (255, 0, 0)
    assert [result.reason for result in results if isinstance(result, BadRow)] == [
        "image_marks",
        "unreadable_image",
    ]


def test_a_text_model_refuses_pictures(engine: Any) -> None:
    with pytest.raises(ValueError, match="takes no pictures; drop --use-images"):
        engine.generate([Prompt("a", "yes", images=(b"x",))], GenerationParams())


def test_a_cpu_gets_float32_small_blocks_and_no_second_process(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    wanted = {"dtype": "float32", "enforce_eager": True, "block_size": 32, "enable_prefix_caching": True}
    assert wanted.items() <= engine.llm.settings.items()
    assert engine.llm.settings["trust_remote_code"] is False
    assert engine.batch_invariant is True
    assert (os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"], os.environ["VLLM_CPU_KVCACHE_SPACE"]) == ("0", "2")
    assert os.environ["VLLM_CPU_OMP_THREADS_BIND"] == "nobind"
    from vllm.model_executor.models import registry

    assert registry._run_in_subprocess(lambda: "here") == "here"


def test_context_and_rope_settings_reach_vllm(vllm: None, tiny_llama: Path) -> None:
    from actors.models.vllm.engine import VllmGenerator

    engine = VllmGenerator(str(tiny_llama), dtype="bfloat16", rope_factor=4.0, max_context=48)

    assert engine.llm.settings["max_model_len"] == 48
    rope = engine.llm.settings["hf_overrides"]["rope_parameters"]
    assert rope == {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}
    assert engine.batch_invariant is False


def test_without_vllm_the_install_line_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    from actors.models.vllm.engine import VllmGenerator
    from actors.models.vllm.start import vllm_available

    monkeypatch.setitem(sys.modules, "vllm", None)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [])

    with pytest.raises(ValueError, match="not installed; run: pip install"):
        VllmGenerator("somewhere")
    assert vllm_available() is False


@pytest.mark.parametrize("visible", ["", "-1"])
def test_a_process_without_a_gpu_of_its_own_does_not_choose_vllm(
    vllm: None, monkeypatch: pytest.MonkeyPatch, visible: str
) -> None:
    from actors.models.vllm.start import vllm_available

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)

    assert vllm_available() is False


def test_shared_beginnings_are_one_node() -> None:
    assert branches([[5, 6, 7], [5, 6, 8], [9]], {END}) == {(): [5, 9], (5,): [6], (5, 6): [7, 8]}


def test_a_complete_candidate_that_goes_on_is_scored_with_the_end_tokens() -> None:
    assert branches([[5], [5, 6]], {END, 3}) == {(): [5], (5,): [6, END, 3]}


def test_totals_add_up_the_tokens_without_the_end() -> None:
    scores = {(): {5: -1.0, 9: -4.0}, (5,): {6: -0.5, END: -0.1}}

    assert tree_scores([[5], [5, 6], [9]], scores, {END}).totals() == (-1.0, -1.5, -4.0)


def test_the_walk_commits_to_the_best_token_of_each_step() -> None:
    scores = {(): {5: -1.0, 9: -1.1}, (5,): {6: -9.0}}

    assert greedy_choice([[5, 6], [9]], tree_scores([[5, 6], [9]], scores, {END})) == 0


@pytest.mark.parametrize(("end", "winner"), [(-0.1, 0), (-3.0, 1)])
def test_a_candidate_that_another_continues_wins_by_a_likely_end(end: float, winner: int) -> None:
    scores = {(): {5: -1.0}, (5,): {6: -0.5, END: end}}

    assert greedy_choice([[5], [5, 6]], tree_scores([[5], [5, 6]], scores, {END})) == winner
