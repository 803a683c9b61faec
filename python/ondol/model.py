"""Models: load, compute, generate, score."""

from __future__ import annotations

import os
from typing import (TYPE_CHECKING, Any, Iterable, List, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple, Union,
                    overload)

import numpy as np

from . import _ondol
from .chat import Chat
from .chat_template import ChatTemplate
from .error import Error
from .ngram import NGram, is_arpa
from .options import BeamOptions, GenerateOptions, LoadOptions, Progress, check, generate_options, load_options
from .stream import Stream
from .tasks import Tasks

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .options import ChatOptions

__all__ = ["Model", "StepOutput", "estimate"]

BEAMS = sorted(BeamOptions.__annotations__.keys() - GenerateOptions.__annotations__.keys())
Ids = Union[Iterable[int], np.ndarray]
Prompt = Union[str, bytes, Ids]
StrPath = Union[str, bytes, "os.PathLike[str]"]


class StepOutput(NamedTuple):
    """What one step of Model.forward returned, one row for each position asked for; float32."""

    logits: np.ndarray  #: [positions, vocabulary]
    hidden: np.ndarray  #: [tokens, hidden_size]


def estimate(path: StrPath, **options: Unpack[LoadOptions]) -> _ondol.MemoryEstimate:
    """Memory that Model.load with these options and one full cache would take, from headers alone.

    Of a folder config.json is enough: with the dtype it names, or with `quantize`.
    """
    return _ondol.Model.estimate(path, load_options(options))


class Model(Tasks):
    """A language model with its weights. Immutable; any thread may use it."""

    def __init__(self, native: _ondol.Model):
        self._native = native

    @classmethod
    def load(cls, path: StrPath, **options: Unpack[LoadOptions]) -> Model:
        """Load a GGUF file (any part of a split one), or a folder as Hugging Face saves models.

        Options: ondol.LoadOptions. An ARPA file gives an ondol.NGram, which scores and generates too.
        """
        if is_arpa(path):
            return NGram.load(path, runtime=options.get("runtime"), progress=options.get("progress"))  # type: ignore
        return cls(_ondol.Model.load(path, load_options(options), options.get("progress")))

    @staticmethod
    def estimate(path: StrPath, **options: Unpack[LoadOptions]) -> _ondol.MemoryEstimate:
        """As ondol.estimate."""
        return estimate(path, **options)

    @property
    def generation_defaults(self) -> _ondol.GenerationDefaults:
        """What a generation starts, ends and keeps off with, as the model's files say."""
        return self._native.generation_defaults

    @property
    def info(self) -> _ondol.ModelInfo:
        return self._native.info

    @property
    def runtime(self) -> _ondol.Runtime:
        return self._native.runtime

    @property
    def context(self) -> int:
        """Most positions of a cache."""
        return self._native.context

    @property
    def has_tokenizer(self) -> bool:
        return self._native.has_tokenizer

    @property
    def tokenizer(self) -> _ondol.Tokenizer:
        return self._native.tokenizer

    @property
    def has_chat_template(self) -> bool:
        return self._native.has_chat_template

    @property
    def chat_template(self) -> ChatTemplate:
        return ChatTemplate._of(self._native.chat_template)

    @property
    def fingerprint(self) -> int:
        """Identifies architecture, hyper-parameters and weights; a saved cache carries it."""
        return self._native.fingerprint

    def new_cache(self, source: Optional[Ids] = None) -> _ondol.KVCache:
        """An empty cache for one sequence; takes memory as it grows.

        source: ids that an encoder-decoder shall write about; they are read at once, and forks share what was read.
        """
        return self._native.new_cache(source)

    def forward(
        self, steps: Iterable[Union[_ondol.Step, Tuple[Any, ...]]], progress: Optional[Progress] = None
    ) -> List[StepOutput]:
        """Append each step's tokens to its cache, all in one pass over the weights.

        A step is an ondol.Step or its arguments as a tuple: (cache, ids), (cache, ids, "all").
        """
        native = [step if isinstance(step, _ondol.Step) else _ondol.Step(*step) for step in steps]
        return [StepOutput(o.take_logits(), o.take_hidden()) for o in self._native.forward(native, progress)]

    def logits(self, ids: Ids, decoder_ids: Optional[Ids] = None, token_type_ids: Optional[Ids] = None) -> np.ndarray:
        """Logits of every position of a fresh sequence, float32 [ids, vocabulary]; of a head for tokens [ids, labels].

        Of an encoder-decoder, those of decoder_ids about the source `ids`.
        """
        if decoder_ids is not None:
            return self._native.source_logits(ids, decoder_ids)
        return self._native.read([ids], [token_type_ids], "logits")[0]

    def hidden(self, ids: Ids, token_type_ids: Optional[Ids] = None) -> np.ndarray:
        """Hidden states behind the last norm, float32 [ids, hidden_size]; of an encoder-decoder the encoder's."""
        return self._native.read([ids], [token_type_ids], "hidden")[0]

    def classify(self, ids: Ids, token_type_ids: Optional[Ids] = None) -> np.ndarray:
        """Logits of a head for whole texts, float32 [labels]."""
        return self._native.read([ids], [token_type_ids], "classes")[0][0]

    def span_logits(self, ids: Ids, token_type_ids: Optional[Ids] = None) -> Tuple[np.ndarray, np.ndarray]:
        """Where an answer begins and where it ends: two float32 arrays [ids]."""
        both = self._native.read([ids], [token_type_ids], "spans")[0]
        return both[:, 0], both[:, 1]

    def read(self, texts: Iterable[Ids], output: str, token_type_ids: Optional[Iterable[Optional[Ids]]] = None
             ) -> List[np.ndarray]:
        """Read many whole texts at once, without padding; an array a text.

        output: "hidden", "logits", "classes" [1, labels], "spans" [ids, 2] or "embedding" [1, width].
        """
        ids = list(texts)
        return self._native.read(ids, list(token_type_ids) if token_type_ids is not None else [None] * len(ids), output)

    def head(self, hidden: np.ndarray) -> np.ndarray:
        """Logits of hidden states [rows, hidden_size] as StepOutput.hidden has them."""
        return self._native.head(hidden)

    @overload
    def generate(self, prompt: Prompt, *, stream: Literal[False] = False, cache: Optional[_ondol.KVCache] = None,
                 **options: Unpack[GenerateOptions]) -> _ondol.Result: ...

    @overload
    def generate(self, prompt: Prompt, *, stream: Literal[True], cache: Optional[_ondol.KVCache] = None,
                 **options: Unpack[GenerateOptions]) -> Stream: ...

    def generate(self, prompt, *, stream=False, cache=None, **options):
        """Continue a text, or ids as they are. Options: ondol.GenerateOptions; greedy by default.

        cache: the sequence so far; only the prompt is computed, and at the end the cache holds it and all generated
        tokens but the last. stream: return a Stream of pieces at once.

        Of an encoder-decoder the prompt is the source; with `cache` (new_cache(source)) it is what the decoder has
        written so far. num_beams, length_penalty, early_stopping, num_return_sequences (ondol.BeamOptions): beam search,
        the best result, or with num_return_sequences a list of them.
        """
        if any(name in options for name in BEAMS):
            return self._beam_search(prompt, stream, cache, options)
        running = _ondol.generate(self._native, cache, prompt, generate_options(options))
        reply = Stream(running, options.get("progress"), cache and (lambda: running.give_cache(cache)))
        return reply if stream else reply.finish()

    def _beam_search(self, prompt, stream, cache, options):
        check("generate", options, BeamOptions)
        given = {name: options[name] for name in BEAMS if options.get(name) is not None}
        rest = {name: value for name, value in options.items() if name not in BEAMS}
        beams, count = given.get("num_beams", 1), given.get("num_return_sequences", 1)
        if beams == 1 and count == 1:
            result = self.generate(prompt, stream=stream, cache=cache, **rest)
            return [result] if "num_return_sequences" in given else result
        if stream or cache is not None:
            raise Error("num_beams: beam search neither streams nor takes a cache", "invalid_argument")
        early = given.get("early_stopping", False)
        names = {True: "at_once", False: "heuristic", "never": "never"}
        if early not in names:
            raise Error(f"early_stopping is {early!r}, expected True, False or \"never\"", "invalid_argument")
        try:
            results = _ondol.beam_search(self._native, prompt, generate_options(rest), beams,
                                         given.get("length_penalty", 1.0), names[early], count)
        except TypeError:
            raise Error(f"{given}: a value has the wrong type or is out of range", "invalid_argument") from None
        return results if "num_return_sequences" in given else results[0]

    def generate_batch(self, prompts: Sequence[Prompt], **options: Unpack[GenerateOptions]) -> List[_ondol.Result]:
        """Continue several prompts together; each result is what generate() alone gives (seed + i for the i-th)."""
        return _ondol.generate_batch(self._native, list(prompts), generate_options(options))

    @overload
    def chat(self, messages: Sequence[Mapping[str, Any]], *, stream: Literal[False] = False,
             template: Optional[ChatTemplate] = None, **options: Unpack[ChatOptions]) -> _ondol.Result: ...

    @overload
    def chat(self, messages: Sequence[Mapping[str, Any]], *, stream: Literal[True],
             template: Optional[ChatTemplate] = None, **options: Unpack[ChatOptions]) -> Stream: ...

    def chat(self, messages, *, stream=False, template=None, **options):
        """The assistant's reply to messages in the OpenAI form; nothing is kept (ondol.Chat keeps).

        template: instead of the model's own. Options: ondol.ChatOptions.
        """
        chat = Chat(self, template=template)
        for message in messages:
            chat.add(message)
        return chat.reply(stream=stream, **options)

    def score(self, text: Prompt, continuation: Optional[Prompt] = None) -> _ondol.Score:
        """Log-likelihood of each token of `text` after the first, or of `continuation` after `text`."""
        return _ondol.score(self._native, text, continuation)

    def __repr__(self) -> str:
        return f"<ondol.Model {self.info.name or self.info.architecture}, {self.info.parameters:,} parameters>"
