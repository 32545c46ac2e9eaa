"""Conversation templates, character by character."""

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from actors.prompts.conversation import (
    CONVERSATIONS,
    RAW,
    VICUNA_V1_1,
    chat_template,
    render,
    with_special_tokens,
)
from actors.prompts.task import Task

TASK = Task(
    "t", "s", ("spam", "not spam"), "Text: {document}\nSpam?", choices={"spam": "yes", "not spam": "no"}
)
SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, "
    "detailed, and polite answers to the user's questions."
)
CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "<|im_start|>system\nBe kind<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SINGLE_TURN = (
    "{% if messages | length > 1 %}{{ raise_exception('one turn only') }}{% endif %}"
    "Q: {{ messages[0]['content'] }} A:"
)


def make_tokenizer(template: str | None = None, first: str = "", last: str = "") -> PreTrainedTokenizerFast:
    words = Tokenizer(models.WordLevel({"<unk>": 0, "<s>": 1, "</s>": 2, "a": 3}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    if first or last:
        words.post_processor = processors.TemplateProcessing(
            single=" ".join(filter(None, (first, "$A", last))), special_tokens=[("<s>", 1), ("</s>", 2)]
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    tokenizer.chat_template = template
    return tokenizer


def test_raw_is_the_message_and_nothing_else() -> None:
    prompt = render(TASK, RAW, id="1", document="win")
    assert (prompt.text, prompt.head, prompt.tail) == ("Text: win\nSpam?", "Text: ", "\nSpam?")


def test_raw_examples_are_blocks_of_text_before_the_message() -> None:
    prompt = render(TASK, RAW, id="1", document="win", examples=[("hi", "not spam")])
    assert prompt.text == "Text: hi\nSpam? no\n\nText: win\nSpam?"
    assert prompt.turns == (("Text: hi\nSpam?", "no"),)


def test_vicuna_spacing_is_exact() -> None:
    prompt = render(TASK, VICUNA_V1_1, id="1", document="win", examples=[("hi", "spam")], images=[b"x"])
    assert prompt.text == (
        f"{SYSTEM} USER: Text: hi\nSpam? ASSISTANT: yes</s>USER: Text: win\nSpam? ASSISTANT:"
    )
    assert (prompt.system, prompt.images) == (SYSTEM, (b"x",))
    assert CONVERSATIONS["vicuna_v1.1"] is VICUNA_V1_1


def test_braces_and_placeholders_in_a_document_stay_as_they_are() -> None:
    assert render(TASK, RAW, id="1", document="{document} {labels} {0}").message == (
        "Text: {document} {labels} {0}\nSpam?"
    )


def test_a_chat_template_is_rendered_as_the_tokenizer_renders_it() -> None:
    tokenizer = make_tokenizer(CHATML)
    conversation = chat_template(tokenizer)
    examples = [("one", "spam"), ("two", "not spam")]
    prompt = render(TASK, conversation, id="1", document="win", examples=examples)
    messages = []
    for message, answer in prompt.turns:
        messages += [{"role": "user", "content": message}, {"role": "assistant", "content": answer}]
    messages.append({"role": "user", "content": prompt.message})
    assert prompt.text == tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert conversation.answer_lead == ""


def test_a_template_for_one_turn_refuses_examples_only() -> None:
    conversation = chat_template(make_tokenizer(SINGLE_TURN))
    assert render(TASK, conversation, id="1", document="win").text == "Q: Text: win\nSpam? A:"
    with pytest.raises(ValueError, match="cannot render earlier turns"):
        render(TASK, conversation, id="1", document="win", examples=[("hi", "spam")])


def test_a_tokenizer_without_a_usable_template_says_what_to_do() -> None:
    for template in (None, "{{ messages[0]['role'] }}", "{{ raise_exception('no') }}"):
        with pytest.raises(ValueError, match="--conversation raw"):
            chat_template(make_tokenizer(template))


def test_the_space_before_an_answer_belongs_to_the_conversation() -> None:
    assert (RAW.answer_lead, VICUNA_V1_1.answer_lead) == (" ", " ")


def test_tokens_that_a_tokenizer_adds_are_spelled_out_once() -> None:
    llama = make_tokenizer(first="<s>")
    spelled = with_special_tokens(VICUNA_V1_1, llama)
    assert spelled.start == "<s>" + VICUNA_V1_1.start
    assert with_special_tokens(spelled, llama) == spelled
    assert with_special_tokens(RAW, make_tokenizer(last="</s>")).ask == "</s>"
    assert with_special_tokens(RAW, make_tokenizer()) == RAW
