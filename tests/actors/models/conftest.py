"""A real HTTP server on the loopback interface, scripted by the test that uses it, and tiny InstructBLIP
checkpoints with random weights, of the same classes as the published ones."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

Json = dict[str, Any]
Answer = Callable[[Json], Awaitable[web.StreamResponse]]


class StubEndpoint:
    """Serves `answer(body)` to every POST and `models` to GET /v1/models.

    Counts what it saw: `bodies` and `headers` in order of arrival, `most_open` requests at one time.
    """

    def __init__(self) -> None:
        self.answer: Answer = answer_with("fine")
        self.models: Json = {"data": [{"id": "tiny"}]}
        self.bodies: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.open = self.most_open = 0
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.url = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)

    async def _start(self) -> str:
        app = web.Application(client_max_size=2**24)
        app.router.add_get("/v1/models", self._list)
        app.router.add_post("/v1/{path:.*}", self._post)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def _list(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        return web.json_response(self.models)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() | {"path": request.match_info["path"]}
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            reply = await self.answer(body)
            if reply.status == 0:
                assert request.transport is not None
                request.transport.abort()
            return reply
        finally:
            self.open -= 1

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _stop(self) -> None:
        await self._runner.cleanup()
        hanging = asyncio.all_tasks() - {asyncio.current_task()}
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


def completion(text: str, **more: Any) -> Json:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"choices": [choice | more], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


def answer_with(text: str) -> Answer:
    async def answer(body: Json) -> web.StreamResponse:
        return web.json_response(completion(text))

    return answer


@pytest.fixture
def endpoint() -> Iterator[StubEndpoint]:
    stub = StubEndpoint()
    yield stub
    stub.stop()


WORDS = (
    "is the text above hateful? answer yes or no. identify the genre of this movie? options: drama, comedy",
    "provide short answers. a red square on a blue background, both question premise hypothesis entailment",
    "USER: ASSISTANT: the quick brown fox jumps over the lazy dog 0123456789",
)
IMAGE_SIZE = 42


def picture(red: int, green: int, blue: int, *, size: tuple[int, int] = (60, 40)) -> bytes:
    """A PNG with a gradient, so that no two colours look alike after normalisation."""
    import numpy as np
    from PIL import Image

    width, height = size
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:] = (red, green, blue)
    pixels[:, :, 0] += np.linspace(0, 40, width).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def pictures() -> list[bytes]:
    """Three different PNG files."""
    return [picture(200, 10, 10), picture(10, 200, 10), picture(90, 90, 210, size=(33, 70))]


@pytest.fixture(scope="session")
def tiny_blip_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An InstructBLIP folder whose language model is a Llama with 256 positions."""
    from transformers import LlamaConfig

    folder = tmp_path_factory.mktemp("instructblip-tiny-llama")
    tokenizer = _bpe_tokenizer()
    text = LlamaConfig(
        vocab_size=len(tokenizer) + 1,  # one more for the <image> token that the processor adds
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=256,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    return _save_blip(folder, tokenizer, text)


@pytest.fixture(scope="session")
def tiny_blip_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An InstructBLIP folder whose language model is a T5."""
    from transformers import T5Config

    folder = tmp_path_factory.mktemp("instructblip-tiny-t5")
    tokenizer = _unigram_tokenizer()
    text = T5Config(
        vocab_size=len(tokenizer) + 1,
        d_model=32,
        d_kv=16,
        d_ff=64,
        num_layers=2,
        num_heads=2,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
    )
    return _save_blip(folder, tokenizer, text)


def _save_blip(folder: Path, tokenizer: Any, text_config: Any) -> Path:
    import torch
    from transformers import InstructBlipConfig, InstructBlipForConditionalGeneration

    qformer_tokenizer = _wordpiece_tokenizer()
    config = InstructBlipConfig(
        vision_config={
            "hidden_size": 48,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": IMAGE_SIZE,
            "patch_size": 14,
            "initializer_range": 0.2,
        },
        qformer_config={
            "vocab_size": len(qformer_tokenizer),
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 64,
            "max_position_embeddings": 160,
        },
        text_config=text_config,
        num_query_tokens=4,
        image_token_index=len(tokenizer),
    )
    torch.manual_seed(0)
    model = InstructBlipForConditionalGeneration(config).eval()
    with torch.no_grad():  # the library's zeros and tiny scales would make every picture look alike
        model.query_tokens.normal_()
        for weight in [*model.qformer.parameters(), *model.language_projection.parameters()]:
            weight.normal_(std=0.3) if weight.dim() > 1 else None
        for name, weight in model.language_model.named_parameters():
            weight.mul_(0.2 if name.startswith("shared") else 3.0) if weight.dim() > 1 else None
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    qformer_tokenizer.save_pretrained(folder / "qformer_tokenizer")
    return folder


def _bpe_tokenizer() -> Any:
    """Byte-level; puts <s> in front, as Llama's tokenizer does."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(WORDS * 10, trainer)
    bpe.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=bpe, pad_token="<pad>", bos_token="<s>", eos_token="</s>")


def _unigram_tokenizer() -> Any:
    """SentencePiece-like; puts </s> at the end, as T5's tokenizer does."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    unigram = Tokenizer(models.Unigram())
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=120,
        special_tokens=["<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    unigram.train_from_iterator(WORDS * 10, trainer)
    unigram.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=unigram, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


def _wordpiece_tokenizer() -> Any:
    """BERT-like, for the Q-Former."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    pieces = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    pieces.normalizer = normalizers.BertNormalizer()
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    pieces.train_from_iterator(WORDS * 10, trainer)
    pieces.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )
