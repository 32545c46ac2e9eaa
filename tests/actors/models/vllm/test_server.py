"""The endpoint engine against vLLM's own server with a tiny model: `make test-vllm`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.base import BadRow
from actors.models.endpoint.engine import OpenAIGenerator, check_endpoint
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt

pytestmark = pytest.mark.vllm

SERVER = """
import runpy, sys
import actors
from actors.compat.vllm_cpu import inspect_in_this_process

if __name__ == "__main__":
    inspect_in_this_process()
    runpy.run_module("vllm.entrypoints.openai.api_server", run_name="__main__")
"""
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }} {% endfor %}assistant:"
START_S = 180
PROMPTS = [Prompt("a", "Is this picture a comedy or a drama?"), Prompt("b", "yes or no? yes or no?")]
LONG = Prompt("long", "fox " * 3000)


@pytest.fixture(scope="module")
def server(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and model folder."""
    pytest.importorskip("vllm")
    folder = tmp_path_factory.mktemp("served")
    _save_llama(tiny_llama, folder / "model")
    (folder / "serve.py").write_text(SERVER, encoding="utf-8")
    (folder / "chat.jinja").write_text(TEMPLATE, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "serve.py", "--model", "model", "--served-model-name", "tiny"]
    command += ["--dtype", "float32", "--enforce-eager", "--chat-template", "chat.jinja"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    settings = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}
    root = Path(__file__).resolve().parents[4]
    env = os.environ | settings | {"PYTHONPATH": str(root), "VLLM_NO_USAGE_STATS": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/v1", process, folder / "log")
        yield f"http://127.0.0.1:{port}/v1", folder / "model"
    finally:
        process.terminate()
        process.wait(30)


def _save_llama(tiny_llama: Path, folder: Path) -> None:
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,  # heads of 32, the smallest that vLLM's CPU attention takes
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=512,
        initializer_range=0.2,
        bos_token_id=1,
        eos_token_id=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            check_endpoint(url, "tiny")
            return
        except ValueError:
            time.sleep(1.0)
    raise AssertionError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


def test_answers_have_counts_and_logprobs_and_a_long_row_fails_alone(server: tuple[str, Path]) -> None:
    engine = OpenAIGenerator(server[0], "tiny")
    first, long, second = engine.generate([PROMPTS[0], LONG, PROMPTS[1]], GenerationParams(max_new_tokens=8))

    for result in (first, second):
        assert isinstance(result, Generation)
        assert result.new_tokens <= 8 < result.prompt_tokens
        assert result.logprob is not None and result.logprob < 0
    assert isinstance(long, BadRow)
    assert (long.reason, "context length" in long.detail) == ("http_400", True)


@pytest.mark.parametrize("way", ["echo", "prompt_logprobs"])
def test_choices_score_as_one_forward_pass_does(server: tuple[str, Path], way: str) -> None:
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    url, folder = server
    engine = OpenAIGenerator(url, "tiny")
    assert engine._find_scoring() == "echo"
    engine._scoring = way
    choices = [" comedy", " drama", " comedy and drama"]
    tokenizer, model = AutoTokenizer.from_pretrained(folder), LlamaForCausalLM.from_pretrained(folder)

    for prompt, result in zip(PROMPTS, engine.choose(PROMPTS, choices)):
        start = len(tokenizer(prompt.text)["input_ids"])
        expected = []
        for choice in choices:
            ids = tokenizer(prompt.text + choice)["input_ids"]
            with torch.inference_mode():
                scores = model(torch.tensor([ids])).logits[0].log_softmax(-1)
            expected.append(sum(float(scores[at - 1, ids[at]]) for at in range(start, len(ids))))
        assert isinstance(result, Choice)
        assert result.scores == pytest.approx(expected, abs=1e-3)


def test_constrained_answers_are_in_the_list(server: tuple[str, Path]) -> None:
    engine = OpenAIGenerator(server[0], "tiny")
    choices = [" comedy", " drama"]
    results = engine.constrain(PROMPTS, choices)

    assert engine._constraint == "structured_outputs"
    assert all(isinstance(result, Generation) and result.text in choices for result in results)
