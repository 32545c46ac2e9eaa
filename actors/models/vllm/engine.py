"""Text generation by vLLM inside this process."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from actors.base import BadRow, row_seed
from actors.models.decoding.candidate_tree import Candidates, CandidateScores, ScoredPrompt
from actors.models.decoding.rows import Decoded, Stopping, end_tokens
from actors.models.text_generator import (
    PROMPT_REFUSED,
    Choice,
    Generation,
    GenerationParams,
    Prompt,
    TextGenerator,
    refuse_ngrams,
)
from actors.models.vllm.requests import RequestReader, VllmRequest
from actors.models.vllm.start import generation_config, start_llm

Beginning = tuple[int, ...]
MOST_SCORED = 128  # token ids whose log-probabilities vLLM returns for one request


@dataclass
class _Scored:
    """A row, its candidates, and per prefix of a candidate the log-probabilities of the tokens behind it."""

    request: VllmRequest
    candidates: list[list[int]]
    nodes: dict[Beginning, dict[int, float]] = field(default_factory=dict)
    refused: BadRow | None = None

    def scored_prompt(self, end_tokens: frozenset[int]) -> ScoredPrompt | BadRow:
        if self.refused is not None:
            return self.refused
        fit, scores = self.request.fit, tree_scores(self.candidates, self.nodes, end_tokens)
        return ScoredPrompt(fit, len(fit.ids), self.candidates, scores)


class VllmGenerator(TextGenerator):
    """A decoder-only model, or one that vLLM serves with pictures, from a folder, hub name or package.

    Prompts are tokenised and cut as for the transformers engine, whose answers these equal in float32;
    they share the cache of what they begin with. float32 is the default on a CPU, bfloat16 on a GPU;
    float32 alone is batch-invariant.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        dtype: str = "auto",
        rope_factor: float | None = None,
        max_context: int | None = None,
    ) -> None:
        self.llm = start_llm(checkpoint, dtype=dtype, rope_factor=rope_factor, max_context=max_context)
        self.tokenizer = self.llm.get_tokenizer()
        self.reader = RequestReader.of(self.llm)
        self.end_tokens = end_tokens(generation_config(self.llm), self.tokenizer)
        self.batch_invariant = "float32" in str(self.llm.model_config.dtype)

    def generate(self, prompts: Sequence[Prompt], params: GenerationParams) -> list[Generation | BadRow]:
        """One text per prompt; end tokens count as new tokens and in `logprob`.

        The text is decoded here from vLLM's tokens: vLLM's own text keeps the space before the first word
        and leaves out half a character at the end.
        """
        refuse_ngrams(params, "vllm")
        stopping = Stopping(self.tokenizer, self.end_tokens, params.stop)
        rows = self._read(prompts, min(params.max_new_tokens, self.reader.tokens.context // 4))
        requests = [row for row in rows if isinstance(row, VllmRequest)]
        outputs = iter(self._run([(row.followed_by(), self._sampling(row, params)) for row in requests]))
        return [_answer(row, outputs, stopping) for row in rows]

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Choice | BadRow]:
        """Scores from one new token behind the prompt, and behind every prefix of a choice."""
        scored = self._score(prompts, choices)
        return [row if isinstance(row, BadRow) else row.choice() for row in scored]

    def constrain(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Generation | BadRow]:
        """The choice that greedy decoding limited to `choices` spells; `logprob` is its score in `choose`.

        vLLM's structured outputs give probabilities behind their mask, and let a choice be spelled in
        any tokens; these are the model's own, over the tokens that the transformers engine takes.
        """
        scored = self._score(prompts, choices)
        return [row if isinstance(row, BadRow) else row.greedy(choices) for row in scored]

    def _read(self, prompts: Sequence[Prompt], reserve: int) -> list[VllmRequest | BadRow]:
        if any(prompt.images for prompt in prompts) and not self.llm.model_config.is_multimodal_model:
            raise ValueError("this model takes no pictures; drop --use-images or choose one that does")
        return [self.reader.read(prompt, reserve) for prompt in prompts]

    def _score(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[ScoredPrompt | BadRow]:
        """Every row with the tree of its candidates scored."""
        tokens = self.reader.tokens
        longest = max(map(len, tokens.candidates("", choices)))
        rows = [
            row if isinstance(row, BadRow) else _Scored(row, tokens.candidates(row.fit.text, choices))
            for row in self._read(prompts, longest)
        ]
        scored = [row for row in rows if isinstance(row, _Scored)]
        self._fill(scored, at_root=True)  # reads the prompts into the cache, for the next call
        self._fill([row for row in scored if row.refused is None], at_root=False)
        return [row if isinstance(row, BadRow) else row.scored_prompt(self.end_tokens) for row in rows]

    def _fill(self, rows: Sequence[_Scored], *, at_root: bool) -> None:
        """Fetches log-probabilities behind the prompts (`at_root`), or behind all prefixes of candidates."""
        nodes = [
            (row, beginning, following[start : start + MOST_SCORED])
            for row in rows
            for beginning, following in branches(row.candidates, self.end_tokens).items()
            if (beginning == ()) == at_root
            for start in range(0, len(following), MOST_SCORED)
        ]
        requests = [
            (row.request.followed_by(beginning), self._scoring(tokens)) for row, beginning, tokens in nodes
        ]
        for (row, beginning, following), output in zip(nodes, self._run(requests), strict=True):
            if isinstance(output, BadRow):
                row.refused = output
                continue
            [logprobs] = output.outputs[0].logprobs
            here = row.nodes.setdefault(beginning, {})
            here.update((token, float(logprobs[token].logprob)) for token in following)

    def _sampling(self, row: VllmRequest, params: GenerationParams) -> Any:
        from vllm import SamplingParams

        return SamplingParams(
            max_tokens=min(params.max_new_tokens, self.reader.room(row)),
            temperature=params.temperature,
            top_p=params.top_p,
            top_k=params.top_k,
            seed=row_seed(params.seed, row.fit.id),
            stop=list(params.stop) or None,
            logprobs=0,
            detokenize=bool(params.stop),
        )

    def _scoring(self, tokens: Sequence[int]) -> Any:
        from vllm import SamplingParams

        return SamplingParams(max_tokens=1, temperature=0.0, logprob_token_ids=list(tokens), detokenize=False)

    def _run(self, requests: Sequence[tuple[dict[str, Any], Any]]) -> list[Any]:
        """vLLM's output per request; a BadRow where it refuses one."""
        from vllm.exceptions import VLLMValidationError

        if not requests:
            return []
        prompts, params = [request[0] for request in requests], [request[1] for request in requests]
        try:
            return list(self.llm.generate(prompts, params, use_tqdm=False))
        except (VLLMValidationError, ValueError) as refusal:
            if len(requests) == 1:
                return [BadRow(PROMPT_REFUSED, f"vLLM: {str(refusal)[:200]}")]
            return [output for request in requests for output in self._run([request])]


def _answer(row: VllmRequest | BadRow, outputs: Iterator[Any], stopping: Stopping) -> Generation | BadRow:
    output = row if isinstance(row, BadRow) else next(outputs)
    if isinstance(row, BadRow) or isinstance(output, BadRow):
        return output
    [answer] = output.outputs
    tokens, logprob = list(answer.token_ids), float(answer.cumulative_logprob)
    decoded = Decoded(tokens, answer.finish_reason or "stop", logprob, len(tokens))
    return decoded.generation(row.fit, stopping, len(output.prompt_token_ids))


def branches(candidates: Candidates, end_tokens: Collection[int]) -> dict[Beginning, list[int]]:
    """Prefix of a candidate -> the tokens to score behind it: those that candidates have next, and the
    end tokens where a candidate is complete while others go on."""
    nodes: dict[Beginning, list[int]] = {}
    for candidate in candidates:
        for depth, token in enumerate(candidate):
            following = nodes.setdefault(tuple(candidate[:depth]), [])
            if token not in following:
                following.append(token)
    for complete in {tuple(candidate) for candidate in candidates} & set(nodes):
        nodes[complete] += [token for token in sorted(end_tokens) if token not in nodes[complete]]
    return nodes


def tree_scores(
    candidates: Candidates, nodes: Mapping[Beginning, Mapping[int, float]], end_tokens: Collection[int]
) -> CandidateScores:
    """The candidates' scores from log-probabilities of the tokens that `branches` lists."""
    scores = CandidateScores()
    for candidate in map(tuple, candidates):
        scores.tokens.append([nodes[candidate[:depth]][token] for depth, token in enumerate(candidate)])
        behind = nodes.get(candidate, {})
        scores.ends.append(max((behind[token] for token in end_tokens if token in behind), default=None))
    return scores
