"""N-gram models: ARPA files, scoring, training."""

from __future__ import annotations

import gzip
import os
import zlib
from typing import TYPE_CHECKING, Any, Iterable, List, Mapping, Optional, Sequence, Tuple, TypedDict, Union

import numpy as np

from . import _ondol
from .options import Progress, check, sampler_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["NGram", "NGramEstimate", "NGramTrainer"]

Ids = Union[Iterable[int], np.ndarray]
StrPath = Union[str, bytes, "os.PathLike[str]"]


class NGramOptions(TypedDict, total=False):
    """Of NGram.generate."""

    allow_unknown: bool  #: <unk> may be chosen
    temperature: float  #: 0 = greedy
    top_k: int
    top_p: float
    min_p: float
    typical: float
    repetition_penalty: float
    frequency_penalty: float
    presence_penalty: float
    penalty_last_n: int  #: words that the penalties look at; 0 = prompt and output
    no_repeat_ngram: int
    logit_bias: Mapping[int, float]
    banned_tokens: Iterable[int]
    seed: Optional[int]  #: None = a fresh one, which the result tells
    sampler: Union[_ondol.Sampler, Sequence[object]]  #: steps in their order, instead of the settings above


def is_arpa(path: StrPath) -> bool:
    """Whether a file begins as ARPA files do, plain or gzip."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        head = file.read(64)
        if head.startswith(b"\x1f\x8b"):
            file.seek(0)
            try:
                head = gzip.open(file).read(64)
            except (OSError, EOFError, zlib.error):
                return False
    return head.lstrip().startswith(b"\\data\\")


class NGram:
    """An n-gram language model with back-off. Immutable; any thread may use it. Ids are the file's unigrams' places."""

    def __init__(self, native: _ondol.NGram):
        self._native = native

    @classmethod
    def load(cls, path: StrPath, *, unknown_log10: float = -100.0, runtime: Optional[_ondol.Runtime] = None,
             progress: Optional[Progress] = None) -> NGram:
        """Read an ARPA file, plain or gzip.

        unknown_log10: of unknown words where the file has no <unk>. runtime: whose memory limit counts. progress is
        called with the file's bytes done and in all.
        """
        return cls(_ondol.NGram.load(path, unknown_log10, runtime, progress))

    @property
    def order(self) -> int:
        return self._native.order

    @property
    def vocabulary(self) -> int:
        """Number of words, <s>, </s> and <unk> included."""
        return self._native.vocabulary

    @property
    def counts(self) -> List[int]:
        """Number of n-grams of each order, unigrams first."""
        return self._native.counts

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._native.memory

    @property
    def unit(self) -> str:
        """What counts as a word: "words", "characters" or "bytes"."""
        return self._native.unit

    @property
    def bos(self) -> Optional[int]:
        """Id of <s>."""
        return self._native.bos

    @property
    def eos(self) -> Optional[int]:
        """Id of </s>."""
        return self._native.eos

    @property
    def unknown(self) -> int:
        """Id of <unk>."""
        return self._native.unknown

    def word(self, id: int) -> str:
        return self._native.word(id)

    def find(self, word: Union[str, bytes]) -> Optional[int]:
        """Id of a word, or None."""
        return self._native.find(word)

    def encode(self, text: Union[str, bytes]) -> List[int]:
        """Ids of the words of `text`, without <s> and </s>."""
        return self._native.encode(text)

    def decode(self, ids: Ids) -> str:
        """Text of `ids`; <s> and </s> are left out."""
        return self._native.decode(ids)

    def start(self) -> _ondol.NGramState:
        """The state at the start of a sentence."""
        return self._native.start()

    def state(self, ids: Ids) -> _ondol.NGramState:
        """The state behind `ids`, with nothing before them."""
        return self._native.state(ids)

    def context(self, state: _ondol.NGramState) -> List[int]:
        """The words that a state stands for, at most order - 1."""
        return self._native.context(state)

    def step(self, state: _ondol.NGramState, word: int) -> _ondol.NGramStep:
        """A word's log_probability behind `state`, and the state behind the word."""
        return self._native.step(state, word)

    def log_probabilities(self, state: _ondol.NGramState) -> np.ndarray:
        """Natural logarithms of the probabilities of all words, float32 [vocabulary]; <s> follows nothing: -inf."""
        return self._native.log_probabilities(state)

    def score(self, text: Union[str, bytes], *, begin: bool = True, end: bool = True) -> _ondol.NGramScore:
        """Log-likelihood of each word of a sentence, and of its end.

        begin: the text starts behind <s>. end: </s> is scored too.
        """
        return self._native.score(text, begin, end)

    def generate(self, prompt: Union[str, bytes] = "", *, max_tokens: int = 100,
                 **options: Unpack[NGramOptions]) -> _ondol.NGramText:
        """Go on behind the start of a sentence, until </s>. Options: NGramOptions; greedy by default."""
        check("generate", options, NGramOptions)
        sampler = sampler_of(options)
        return self._native.generate(prompt, sampler, max_tokens, options.get("allow_unknown", False))

    def __repr__(self) -> str:
        return f"<ondol.NGram of order {self.order}, {self.vocabulary:,} words, {sum(self.counts):,} n-grams>"


class NGramEstimate:
    """Probabilities of all n-grams of a text, ready to be written or used."""

    def __init__(self, native: _ondol.NGramEstimate):
        self._native = native

    @property
    def counts(self) -> List[int]:
        """Number of n-grams of each order, unigrams first."""
        return self._native.counts

    @property
    def discounts(self) -> List[Tuple[float, float, float]]:
        """Of each order: what n-grams seen once, twice and more often are discounted by. Kneser-Ney only."""
        return [(one, two, more) for one, two, more in self._native.discounts]

    @property
    def fallbacks(self) -> List[bool]:
        """Of each order: whether the discounts could not be estimated, so that those of the option were taken."""
        return self._native.fallbacks

    def write(self, path: StrPath) -> None:
        """Write an ARPA file, gzip if the path ends in ".gz"."""
        self._native.write(path)

    def model(self) -> NGram:
        """The model, as NGram.load() of the file would give it."""
        return NGram(self._native.model())


class NGramTrainer:
    """Counts the n-grams of a text, in memory. One thread at a time.

    smoothing: "kneser_ney" (interpolated and modified), "additive" (`added` occurrences of each word behind each
    context) or "none". discount_fallback: Kneser-Ney discounts of n-grams seen once, twice and more often, such as
    (0.5, 1, 1.5), where the text is too small to estimate them; without it that is an error. prune: for each order,
    n-grams seen at most so often are left out; the last value goes for all higher orders. unit: "words", "characters"
    (Korean syllables) or "bytes". skip_special: leave out <s>, </s> and <unk> in the text, which are an error otherwise.
    """

    def __init__(self, *, order: int = 5, smoothing: str = "kneser_ney", added: float = 1.0,
                 discount_fallback: Optional[Sequence[float]] = None, prune: Sequence[int] = (), unit: str = "words",
                 skip_special: bool = False, runtime: Optional[_ondol.Runtime] = None):
        options: Any = dict(order=order, smoothing=smoothing, added=added, prune=list(prune), unit=unit,
                            skip_special=skip_special, runtime=runtime)
        if discount_fallback is not None:
            options["discount_fallback"] = list(discount_fallback)
        self._native = _ondol.NGramTrainer(**options)

    def add(self, text: Union[str, bytes]) -> None:
        """Add text, each line of it a sentence."""
        self._native.add(text)

    def add_file(self, path: StrPath, progress: Optional[Progress] = None) -> None:
        """Add a file's text, plain or gzip; progress is called with bytes done and in all."""
        self._native.add_file(path, progress)

    @property
    def sentences(self) -> int:
        return self._native.sentences

    @property
    def words(self) -> int:
        """Words of text so far; sentence marks are not counted."""
        return self._native.words

    def estimate(self) -> NGramEstimate:
        """Give the text up for the probabilities of its n-grams; the trainer is then as new."""
        return NGramEstimate(self._native.estimate())
