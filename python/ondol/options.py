"""Keyword options: what may be given, checked before the library sees it."""

from __future__ import annotations

import json
import os
from calendar import timegm
from datetime import datetime
from typing import Any, Callable, Iterable, Mapping, Optional, Sequence, TypedDict, Union

from . import _ondol
from .error import Error, unknown_option

Progress = Callable[[int, int], object]


class LoadOptions(TypedDict, total=False):
    """Of Model.load and Model.estimate."""

    threads: int  #: that compute; 0 = min(affinity, cgroup quota, physical cores)
    precision: str  #: "fast" or "exact"
    context: int  #: most positions of a cache; 0 = the model's own
    cache_type: str  #: "f16", "bf16", "f32", "q8_0", or "auto": f16, but f32 with exact precision
    memory_limit: int  #: most bytes of weights, caches and scratch; 0 = no limit
    isa: str  #: "base", "avx2", "avxvnni", "avx512", "avx512vnni", "neon"; "" = the best of this CPU
    quantize: str  #: quantise weights to this type of convert_types() first; the result is kept in a file
    quantize_folder: Union[str, os.PathLike[str]]  #: of such files; "" = the user's cache
    pre_tokenizer: str  #: used instead of the file's
    runtime: _ondol.Runtime  #: shared with other models; excludes threads, memory_limit, isa
    progress: Optional[Progress]  #: called with bytes done and in all


class GenerateOptions(TypedDict, total=False):
    """Of Model.generate and its kin."""

    max_tokens: int  #: 0 = up to the end of the context
    min_tokens: int
    temperature: float  #: 0 = greedy
    top_k: int
    top_p: float
    min_p: float
    typical: float
    repetition_penalty: float
    frequency_penalty: float
    presence_penalty: float
    penalty_last_n: int  #: tokens that the penalties look at; 0 = prompt and output
    no_repeat_ngram: int
    no_repeat_ngram_size: int  #: the same, as transformers calls it
    logit_bias: Mapping[int, float]
    banned_tokens: Iterable[int]
    seed: Optional[int]  #: None = a fresh one, which the result tells
    sampler: Union[_ondol.Sampler, Sequence[object]]  #: steps in their order, instead of the settings above
    stop: Union[str, Sequence[str]]
    stop_ids: Iterable[int]
    forced_bos_token_id: Optional[int]  #: the first token that is chosen; None = as an encoder-decoder's files say
    forced_eos_token_id: Optional[int]  #: the last token at the full length; the same
    ignore_eos: bool
    include_stop: bool
    logprobs: Optional[int]  #: record log-probabilities, and those of so many most likely tokens
    skip_special: bool
    progress: Optional[Progress]  #: called with prompt tokens done and in all


class BeamOptions(GenerateOptions, total=False):
    """Of Model.generate with num_beams."""

    num_beams: int  #: beginnings that are kept at each step; 1 = no beam search
    length_penalty: float  #: a hypothesis scores its log-probability / length**length_penalty
    early_stopping: Union[bool, str]  #: True: with num_beams finished hypotheses; False: by a heuristic; "never"
    num_return_sequences: int


class RenderSettings(TypedDict, total=False):
    """Of ChatTemplate and of chats; limits are errors with the code "template_error"."""

    parse_arguments: bool  #: arguments of tool calls that are a text with JSON become that object
    parse_content: bool  #: read control tokens in messages and data as such, not as text
    max_steps: int  #: of the template, work on data included
    max_depth: int  #: nested calls
    max_output: int  #: bytes of output, and of any text on the way


class RenderOptions(RenderSettings, total=False):
    """Of ChatTemplate's methods; what else is given is a variable of the template."""

    add_generation_prompt: bool  #: end with the header of an assistant's turn; True if not given
    now: Optional[datetime]  #: the local time that the template sees; None: the clock's
    bos_token: str  #: encode() has the tokenizer's
    eos_token: str


class ChatOptions(GenerateOptions, RenderSettings, total=False):
    """Of Model.chat and Chat."""

    tools: Optional[Sequence[Any]]
    documents: Optional[Sequence[Any]]
    variables: Mapping[str, Any]  #: further variables of the template
    now: Optional[datetime]
    when_full: str  #: "error" or "drop_oldest"
    reserve: int  #: positions kept free for the reply; 0 = max_tokens or a quarter of the context


_SETTINGS = frozenset(
    "temperature top_k top_p min_p typical repetition_penalty frequency_penalty presence_penalty penalty_last_n "
    "no_repeat_ngram logit_bias banned_tokens".split()
)


def check(what: str, options: Mapping[str, Any], known: type) -> None:
    for name in options:
        if name not in known.__annotations__:
            raise unknown_option(what, name, known.__annotations__)


def _set(target: object, name: str, value: Any) -> None:
    try:
        setattr(target, name, value)
    except TypeError:
        raise Error(f"{name} is {value!r}, which has the wrong type or is out of range", "invalid_argument") from None


def _fill(target: Any, options: Mapping[str, Any], names: Iterable[str]) -> Any:
    for name in names:
        if options.get(name) is not None:
            _set(target, name, options[name])
    return target


_LOAD = ("context", "precision", "cache_type", "quantize", "quantize_folder", "pre_tokenizer", "runtime")


def load_options(options: LoadOptions) -> _ondol.LoadOptions:
    check("load", options, LoadOptions)
    native = _fill(_ondol.LoadOptions(), options, _LOAD)
    given: Mapping[str, Any] = options
    own = {name: given[name] for name in ("threads", "memory_limit", "isa") if given.get(name)}
    if own and options.get("runtime") is not None:
        raise Error(f"{', '.join(own)}: give it to the runtime, not beside one", "invalid_argument")
    if own:
        try:
            native.runtime = _ondol.Runtime(**own)
        except TypeError:
            raise Error(f"{own}: a value has the wrong type or is out of range", "invalid_argument") from None
    return native


def sampler_of(options: Mapping[str, Any]) -> _ondol.Sampler:
    settings = _fill(_ondol.SamplerSettings(), {"seed": options.get("seed")}, ("seed",))
    chain = options.get("sampler")
    if chain is None:
        if options.get("logit_bias") is not None:
            try:
                settings.logit_bias = _ondol.LogitBias(dict(options["logit_bias"]))
            except (TypeError, ValueError, RuntimeError):
                raise Error("logit_bias: expected a dict of numbers by token id", "invalid_argument") from None
        return _fill(settings, options, _SETTINGS - {"logit_bias"}).sampler()
    beside = sorted(_SETTINGS & {name for name, value in options.items() if value is not None})
    if beside:
        raise Error(f"{', '.join(beside)}: cannot be given beside sampler", "invalid_argument")
    if isinstance(chain, _ondol.Sampler):
        return chain if settings.seed is None else _ondol.Sampler(chain.steps, settings.seed)
    try:
        return _ondol.Sampler(list(chain), settings.seed)
    except TypeError:
        raise Error("sampler: expected a Sampler or a list of its steps", "invalid_argument") from None


def generate_options(options: Mapping[str, Any], known: type = GenerateOptions) -> _ondol.GenerateOptions:
    check("generate" if known is GenerateOptions else "chat", options, known)
    if options.get("no_repeat_ngram_size") is not None:
        options = {**options, "no_repeat_ngram": options["no_repeat_ngram_size"]}
    names = ("max_tokens", "min_tokens", "stop_ids", "ignore_eos", "include_stop", "logprobs", "skip_special")
    native = _fill(_ondol.GenerateOptions(), options, names)
    for name in ("forced_bos", "forced_eos"):
        if options.get(f"{name}_token_id") is not None:
            _set(native, name, options[f"{name}_token_id"])
    stop = options.get("stop")
    if stop is not None:
        _set(native, "stop", [stop] if isinstance(stop, (str, bytes)) else list(stop))
    native.sampler = sampler_of(options)
    return native


_JSON = json.JSONEncoder(ensure_ascii=False)


def to_json(value: Any) -> str:
    return _JSON.encode(value)


def render_options(
    tools: Optional[Sequence[Any]] = None,
    documents: Optional[Sequence[Any]] = None,
    variables: Optional[Mapping[str, Any]] = None,
    options: Mapping[str, Any] = {},
) -> _ondol.RenderOptions:
    native = _fill(_ondol.RenderOptions(), options, RenderOptions.__annotations__.keys() - {"now"})
    now = options.get("now")
    if tools is not None:
        native.tools = to_json(tools)
    if documents is not None:
        native.documents = to_json(documents)
    if variables:
        native.variables = to_json(variables)
    if now is not None:
        native.set_now(timegm(now.timetuple()))
    return native


def chat_options(options: Mapping[str, Any]) -> _ondol.ChatOptions:
    native = _ondol.ChatOptions()
    native.generate = generate_options(options, ChatOptions)
    native.render = render_options(options.get("tools"), options.get("documents"), options.get("variables"), options)
    return _fill(native, options, ("when_full", "reserve"))
