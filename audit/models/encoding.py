"""Encoding: a prompt and its answers' surface forms as tokens whose probabilities may be added.

A tokenizer may join the end of the prompt with the start of the answer. The answer's tokens
are therefore those of the *jointly* encoded text, and the context is what all joint
encodings and the prompt itself begin with. Probabilities of token sequences sum to at most
one if and only if no sequence begins another: within an answer the longer one is dropped
(it is contained in the shorter), between answers the ask is refused.

Encoding a long prompt once for each form would cost more than the model. Only the prompt's
last stretch is encoded with each form, from a break between words at which the tokenizer
was seen to start afresh; where there is none, the whole prompt is.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from audit.models.contract import NotScored
from audit.models.packing import common_prefix

_TAIL = 32  # characters that the last stretch has at least
_BREAKS = 4  # breaks between words that are tried before the whole prompt is taken
_REMEMBERED = 16384  # last stretches kept in memory, each with its answers' tokens

Sequences = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Tokens:
    """A text's tokens, and which characters each stands for."""

    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Continuations:
    """The answers after one last stretch of prompt.

    Attributes:
        dropped: Tokens at the prompt's end that are not shared by all joint encodings.
        answers: For each answer its counted token sequences.
    """

    dropped: int
    answers: tuple[Sequences, ...]


@dataclass(frozen=True)
class Context:
    """An ask's shared tokens, and the answers after them."""

    tokens: Tokens
    answers: tuple[Sequences, ...]


@dataclass(frozen=True)
class Encoder:
    """Encodes prompts of one tokenizer.

    Attributes:
        prefix: Special tokens that open every text.
        opening: The token that a text's likelihood is counted after: the tokenizer's first of a
            text, else of its end; empty where it has neither.
        unknown: The token that stands for what the vocabulary lacks, or None.
        limit: Most tokens that the model reads, 0 if not stated.
        remembered: `_continuations`, remembering its last results.
    """

    tokenizer: Any
    prefix: tuple[int, ...]
    unknown: int | None
    limit: int
    opening: tuple[int, ...]
    remembered: Callable[[str, tuple[tuple[str, ...], ...]], Continuations | NotScored]

    def encode(self, text: str, forms: tuple[tuple[str, ...], ...]) -> Context | NotScored:
        """Return a prompt's shared tokens and its answers' sequences, or what is wrong.

        Args:
            text: The prompt as the model reads it.
            forms: For each answer its surface forms.
        """
        plain = _tokens(self.tokenizer, text)
        lost = _lost(self.tokenizer, text, plain.ids, self.unknown)
        if lost:
            return NotScored("unencodable", f"the tokenizer cannot encode {lost} of the prompt")
        tail = _tail(self.tokenizer, text, plain)
        found = self.remembered(tail, forms)
        if isinstance(found, NotScored):
            return found
        kept = len(plain.ids) - found.dropped
        ids = self.prefix + plain.ids[:kept]
        if not ids:
            return NotScored("error", "the prompt has no token that all answers share")
        longest = max(len(form) for answer in found.answers for form in answer)
        if self.limit and len(ids) + longest > self.limit:
            tokens = len(ids) + longest
            return NotScored("error", f"longer than context: {tokens} of {self.limit} tokens")
        offsets = ((0, 0),) * len(self.prefix) + plain.offsets[:kept]
        return Context(Tokens(ids, offsets), found.answers)

    def sequence(self, text: str) -> Context | NotScored:
        """Return a whole text as the one answer after the token that opens a text.

        Without such a token the text's own first one is the context, and is not counted.
        """
        plain = _tokens(self.tokenizer, text)
        lost = _lost(self.tokenizer, text, plain.ids, self.unknown)
        if lost:
            return NotScored("unencodable", f"the tokenizer cannot encode {lost} of the text")
        ids = self.opening + plain.ids
        if len(ids) <= 1:
            return NotScored("error", "the text has no token that could be counted")
        if self.limit and len(ids) > self.limit:
            return NotScored("error", f"longer than context: {len(ids)} of {self.limit} tokens")
        return Context(Tokens(ids[:1], ((0, 0),)), ((ids[1:],),))


def make_encoder(tokenizer: Any, *, chat: bool, limit: int) -> Encoder:
    """Return the encoder of a tokenizer; a chat template writes its special tokens itself."""
    unknown = tokenizer.unk_token_id

    def continuations(tail: str, forms: tuple[tuple[str, ...], ...]) -> Continuations | NotScored:
        return _continuations(tokenizer, unknown, tail, forms)

    return Encoder(
        tokenizer=tokenizer,
        prefix=() if chat else _prefix(tokenizer),
        unknown=unknown,
        limit=limit,
        opening=_opening(tokenizer),
        remembered=lru_cache(maxsize=_REMEMBERED)(continuations),
    )


def _prefix(tokenizer: Any) -> tuple[int, ...]:
    """Return the special tokens that the tokenizer puts before a text."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    whole = tokenizer("a")["input_ids"]
    for start in range(len(whole) - len(bare) + 1):
        if whole[start : start + len(bare)] == bare:
            return tuple(whole[:start])
    return ()


def _opening(tokenizer: Any) -> tuple[int, ...]:
    """Return the one token that stands for the beginning of a text."""
    ids = (tokenizer.bos_token_id, tokenizer.eos_token_id)
    return next(((one,) for one in ids if one is not None), ())


def _tokens(tokenizer: Any, text: str) -> Tokens:
    """Return the text's tokens without special tokens of the tokenizer's own."""
    if not tokenizer.is_fast:
        ids = tuple(tokenizer(text, add_special_tokens=False)["input_ids"])
        return Tokens(ids, ((0, 0),) * len(ids))
    encoding = tokenizer.backend_tokenizer.encode(text, add_special_tokens=False)
    return Tokens(tuple(encoding.ids), tuple(encoding.offsets))


def _tail(tokenizer: Any, text: str, tokens: Tokens) -> str:
    """Return the last stretch of the prompt, from a break where encoding starts afresh."""
    tried = 0
    for place in range(len(tokens.ids) - 1, 0, -1):
        start, end = tokens.offsets[place]
        if not 0 < start <= len(text) - _TAIL or start == end or not _is_break(text, start):
            continue
        if _tokens(tokenizer, text[start:]).ids == tokens.ids[place:]:
            return text[start:]
        tried += 1
        if tried == _BREAKS:
            break
    return text


def _is_break(text: str, place: int) -> bool:
    """Whether a word starts here, its leading space included or just before."""
    return text[place].isspace() != text[place - 1].isspace()


def _continuations(
    tokenizer: Any, unknown: int | None, tail: str, forms: tuple[tuple[str, ...], ...]
) -> Continuations | NotScored:
    """Return the answers' token sequences after the last stretch of a prompt."""
    prompt = _tokens(tokenizer, tail).ids
    joint: list[list[tuple[int, ...]]] = []
    for answer in forms:
        joint.append([])
        for form in _spelled(tail, answer):
            ids = _tokens(tokenizer, tail + form).ids
            lost = _lost(tokenizer, tail + form, ids, unknown)
            if lost:
                what = f"the tokenizer cannot encode {lost} of the answer {form!r}"
                return NotScored("unencodable", what)
            joint[-1].append(ids)
    if not any(joint):
        return NotScored("error", "no answers are listed, so none has a probability")
    shared = min(common_prefix(prompt, ids) for answer in joint for ids in answer)
    answers = tuple(_prefix_free([ids[shared:] for ids in answer]) for answer in joint)
    fault = _overlap(tokenizer, answers)
    return fault or Continuations(len(prompt) - shared, answers)


def _spelled(prompt: str, forms: Sequence[str]) -> tuple[str, ...]:
    """Return the forms, and each with a leading space where the prompt does not end in one."""
    if prompt[-1:].isspace():
        return tuple(forms)
    return (*forms, *(f" {form}" for form in forms))


def _prefix_free(sequences: list[tuple[int, ...]]) -> Sequences:
    """Return the sequences that no other one begins, each once, in order."""
    distinct = dict.fromkeys(sequences)
    return tuple(
        one
        for one in distinct
        if not any(one != two and one[: len(two)] == two for two in distinct)
    )


def _overlap(tokenizer: Any, answers: tuple[Sequences, ...]) -> NotScored | None:
    """Return the first two answers' forms of which one begins the other, or None."""
    counted = [(form, number) for number, answer in enumerate(answers) for form in answer]
    for one, answer in counted:
        for two, other in counted:
            if answer != other and one == two[: len(one)]:
                short, long = (_decoded(tokenizer, form).strip() for form in (one, two))
                what = f"the answer form {short!r} begins {long!r} of another answer"
                return NotScored("error", f"{what}; reword one of them")
    return None


def _lost(tokenizer: Any, text: str, ids: tuple[int, ...], unknown: int | None) -> str:
    """Return the characters that encoding loses, quoted; empty if none."""
    decoded = _decoded(tokenizer, ids)
    if decoded == text:
        return ""
    if unknown is not None and unknown in ids and tokenizer.unk_token not in text:
        missing = _letters(text) - _letters(decoded.replace(tokenizer.unk_token, ""))
        return repr("".join(missing)[:20] or text[:20])
    missing = _letters(text) - _letters(decoded)
    return repr("".join(missing)[:20]) if missing else ""


def _letters(text: str) -> Counter[str]:
    """Count the characters that are no white space, whatever their width or case."""
    return Counter(
        letter for letter in unicodedata.normalize("NFKC", text).casefold() if not letter.isspace()
    )


def _decoded(tokenizer: Any, ids: Sequence[int]) -> str:
    if tokenizer.is_fast:
        return str(tokenizer.backend_tokenizer.decode(list(ids), skip_special_tokens=False))
    return str(tokenizer.decode(list(ids), clean_up_tokenization_spaces=False))
