"""The C++ library Ondol; `ondol` is the package to import. Made by pybind11-stubgen."""
from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import os
import typing
__all__: list[str] = ['Answer', 'BannedTokens', 'Candidate', 'Chat', 'ChatOptions', 'ChatTemplate', 'ChosenToken', 'DecoderStream', 'Encoding', 'Entity', 'FileInfo', 'Filled', 'FrequencyPenalty', 'GenerateOptions', 'Generation', 'GenerationDefaults', 'Greedy', 'KVCache', 'LabelScore', 'LoadOptions', 'LogitBias', 'MemoryEstimate', 'MetadataEntry', 'MinP', 'Model', 'ModelInfo', 'NGram', 'NGramEstimate', 'NGramScore', 'NGramState', 'NGramStep', 'NGramText', 'NGramTrainer', 'NoRepeatNgram', 'PresencePenalty', 'Rating', 'RenderOptions', 'RepetitionPenalty', 'ReplyParser', 'Result', 'Runtime', 'Sampler', 'SamplerSettings', 'Score', 'Step', 'StorageType', 'Temperature', 'TensorEntry', 'Timings', 'Tokenizer', 'TopK', 'TopP', 'Typical', 'answer', 'beam_search', 'classify', 'classify_tokens', 'convert', 'convert_types', 'default_threads', 'dequantize', 'embed', 'families', 'fill_mask', 'generate', 'generate_batch', 'inspect', 'parse_reply', 'quantize', 'reply_formats', 'rerank', 'reward', 'score', 'storage_type', 'storage_types']
class Runtime:
    """
    Threads, instruction set and memory account of the models loaded with it.
    """
    @staticmethod
    def shared() -> Runtime:
        """
        The process's default runtime.
        """
    def __init__(self, *, threads: typing.SupportsInt | typing.SupportsIndex = 0, memory_limit: typing.SupportsInt | typing.SupportsIndex = 0, isa: str = '', log: typing.Any = None) -> None:
        """
        threads 0: as many as default_threads(). memory_limit 0: none. isa "": the best of this CPU.
        log(level, message) is called on the thread of the call that has something to say.
        """
    @property
    def isa(self) -> str:
        """
        Instruction set of the kernels in use.
        """
    @property
    def memory_limit(self) -> int:
        """
        Most bytes of large buffers; 0 = no limit.
        """
    @property
    def memory_peak(self) -> int:
        """
        The most bytes held so far.
        """
    @property
    def memory_used(self) -> int:
        """
        Bytes of large buffers now held.
        """
    @property
    def threads(self) -> int:
        ...
class StorageType:
    """
    How a file stores weights: in blocks along a row.
    """
    def __repr__(self) -> str:
        ...
    @property
    def bits_per_weight(self) -> float:
        ...
    @property
    def block_bytes(self) -> int:
        ...
    @property
    def block_weights(self) -> int:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def needs_importance(self) -> bool:
        """
        Only with importance.
        """
    @property
    def quantizable(self) -> bool:
        """
        Weights can be stored so; else it can only be read.
        """
class Encoding:
    """
    All that there is to say of an encoded text; lists have an entry a token.
    """
    @property
    def attention_mask(self) -> list[int]:
        """
        0: only fills up.
        """
    @property
    def ids(self) -> list[int]:
        ...
    @property
    def offsets(self) -> list[tuple[int, int]]:
        """
        Characters [begin, end) that a token stems from.
        """
    @property
    def overflowing(self) -> list[Encoding]:
        """
        The windows that were cut off, in order.
        """
    @property
    def special_mask(self) -> list[int]:
        """
        1: added around the text.
        """
    @property
    def type_ids(self) -> list[int]:
        """
        Which of the texts, as the model wants it.
        """
class DecoderStream:
    """
    Streaming decode: tokens in, whole characters out. One thread at a time.
    """
    def flush(self) -> str:
        """
        What is still held back, as U+FFFD where it is not whole; the stream is then as new.
        """
    def push(self, id: int) -> str:
        """
        The text that `id` completes, possibly empty.
        """
    @property
    def pending(self) -> bytes:
        """
        Bytes held back because they do not end a character.
        """
class Tokenizer:
    """
    Text to token ids and back. Immutable; any thread may use it.
    """
    @staticmethod
    def load(path: str | bytes | os.PathLike, *, pre_tokenizer: str | bytes = '', pattern: str | bytes = '', special_tokens: collections.abc.Mapping[str, typing.SupportsInt | typing.SupportsIndex] = {}, lowercase: bool = True) -> Tokenizer:
        """
        Read a GGUF file's vocabulary, tokenizer.json, tekken.json, a SentencePiece model, tiktoken ranks, vocab.json
        with merges.txt, vocab.txt, or a folder with one of these. pre_tokenizer: the name of one to use instead of the
        file's; pattern, special_tokens: what tiktoken ranks do not say; lowercase: what vocab.txt does not.
        """
    def __len__(self) -> int:
        """
        Number of ids.
        """
    def __repr__(self) -> str:
        ...
    def decode(self, ids: collections.abc.Iterable[int] | numpy.ndarray, skip_special: bool = False) -> str:
        """
        Text of `ids`; what is no UTF-8 becomes U+FFFD.
        """
    def decode_bytes(self, ids: collections.abc.Iterable[int] | numpy.ndarray, skip_special: bool = False) -> bytes:
        """
        The bytes `ids` stand for; they may end inside a character.
        """
    def decoder_stream(self, skip_special: bool = False, unit: str | bytes = 'characters') -> DecoderStream:
        """
        A stream that decodes token by token. unit: what it never gives a part of, "characters" or "graphemes".
        """
    def encode(self, text: str | bytes, pair: str | bytes | None = None, add_special: bool = True, parse_special: bool = False, *, plain: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]] = [], fit_length: bool = True) -> list[int]:
        """
        Ids of `text` (str, or bytes), or of two texts as the file joins them. add_special: with the start and end
        tokens that the file asks for; parse_special: control tokens in the text are read as such, but not in the byte
        ranges `plain`; fit_length: cut and filled up as the file asks for.
        """
    def encode_batch(self, texts: collections.abc.Sequence[str], add_special: bool = True, parse_special: bool = False) -> list[Encoding]:
        """
        Encodings of one length, if the file asks for padding to the longest.
        """
    def encode_with_offsets(self, text: str | bytes, pair: str | bytes | None = None, add_special: bool = True, parse_special: bool = False, *, plain: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]] = [], fit_length: bool = True) -> tuple[list[int], list[tuple[int, int]]]:
        """
        Ids, and the characters [begin, end) of the text that each token stems from.
        """
    def encoding(self, text: str | bytes, pair: str | bytes | None = None, add_special: bool = True, parse_special: bool = False, *, plain: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]] = [], fit_length: bool = True) -> Encoding:
        """
        The same with masks and the windows cut off.
        """
    def find(self, token_text: str | bytes) -> int | None:
        """
        Id of the token that the vocabulary spells like this, or None.
        """
    def is_end(self, id: int) -> bool:
        """
        Whether a token ends a reply.
        """
    def is_special(self, id: int) -> bool:
        """
        Whether a token is a control token, never plain text.
        """
    def token_bytes(self, id: int) -> bytes:
        """
        The bytes that one token adds to a text.
        """
    def token_text(self, id: int) -> str:
        """
        The token as the vocabulary spells it.
        """
    @property
    def adds_bos(self) -> bool:
        """
        Whether add_special puts bos in front.
        """
    @property
    def adds_eos(self) -> bool:
        """
        Whether add_special puts eos behind.
        """
    @property
    def bos(self) -> int | None:
        """
        Id of the start token, or None.
        """
    @property
    def eos(self) -> int | None:
        """
        Id of the end token, or None.
        """
    @property
    def padding(self) -> int | None:
        ...
    @property
    def unknown(self) -> int | None:
        ...
class RenderOptions:
    """
    What a template sees beside the messages; JSON texts.
    """
    add_generation_prompt: bool
    bos_token: str
    documents: str
    eos_token: str
    parse_arguments: bool
    parse_content: bool
    tools: str
    variables: str
    def __init__(self) -> None:
        ...
    def set_now(self, seconds: typing.SupportsInt | typing.SupportsIndex) -> None:
        """
        Calendar seconds of the local time since 1970-01-01 00:00:00.
        """
    @property
    def max_depth(self) -> int:
        ...
    @max_depth.setter
    def max_depth(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def max_output(self) -> int:
        ...
    @max_output.setter
    def max_output(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def max_steps(self) -> int:
        ...
    @max_steps.setter
    def max_steps(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
class ChatTemplate:
    """
    A chat template in the Jinja language. Immutable.
    """
    @staticmethod
    def named(name: str | bytes) -> ChatTemplate:
        """
        A plain format.
        """
    @staticmethod
    def names() -> list[str]:
        """
        Names of the plain formats.
        """
    def __init__(self, source: str | bytes) -> None:
        ...
    def encode(self, tokenizer: Tokenizer, messages: str | bytes, options: RenderOptions) -> list[int]:
        """
        Ids; tokens of the start and end are the tokenizer's.
        """
    def render(self, messages: str | bytes, options: RenderOptions) -> tuple[str, list[tuple[int, int]]]:
        """
        Text, and the byte ranges in it that the template did not write.
        """
    def render_text(self, messages: str | bytes, options: RenderOptions) -> str:
        ...
    @property
    def source(self) -> str:
        ...
    @property
    def stop(self) -> list[str]:
        """
        Texts that end a reply in a plain format.
        """
class KVCache:
    """
    What a model keeps of one sequence; Model.new_cache() makes one. One thread at a time.
    """
    def __bool__(self) -> bool:
        ...
    def __copy__(self) -> KVCache:
        ...
    def __deepcopy__(self, memo: dict) -> KVCache:
        ...
    def __len__(self) -> int:
        """
        Positions that are held and complete.
        """
    def clear(self) -> None:
        """
        Forget all.
        """
    def fork(self) -> KVCache:
        """
        A cache that continues from here on its own; full blocks are shared.
        """
    def load(self, path: str | bytes | os.PathLike) -> None:
        """
        Replace the contents by those of a file; unchanged if it raises.
        """
    def save(self, path: str | bytes | os.PathLike) -> None:
        """
        Write a file that load() of the same model takes back bit for bit.
        """
    def truncate(self, length: typing.SupportsInt | typing.SupportsIndex) -> None:
        """
        Forget all positions from `length` on.
        """
    @property
    def bytes(self) -> int:
        """
        Bytes of its blocks.
        """
    @property
    def context(self) -> int:
        """
        Most positions it may hold.
        """
    @property
    def length(self) -> int:
        """
        The same as len().
        """
    @property
    def type(self) -> str:
        ...
class ModelInfo:
    """
    Shape of a model as its file states it.
    """
    @property
    def active_parameters(self) -> int:
        """
        Those that a token makes use of: all but the experts it does not go to.
        """
    @property
    def architecture(self) -> str:
        ...
    @property
    def context(self) -> int:
        """
        Positions the model was made for.
        """
    @property
    def experts(self) -> int:
        """
        Of a layer that is a mixture of experts; 0: there is none.
        """
    @property
    def experts_used(self) -> int:
        """
        Of those, by each token.
        """
    @property
    def head(self) -> str:
        """
        "language", "sequence", "tokens", "span" or "none".
        """
    @property
    def head_dim(self) -> int:
        ...
    @property
    def heads(self) -> int:
        ...
    @property
    def hidden_size(self) -> int:
        ...
    @property
    def intermediate_size(self) -> int:
        ...
    @property
    def kind(self) -> str:
        """
        "decoder", "encoder" or "encoder-decoder".
        """
    @property
    def kv_heads(self) -> int:
        ...
    @property
    def labels(self) -> list[str]:
        """
        Of a head that has them.
        """
    @property
    def layers(self) -> int:
        ...
    @property
    def multi_label(self) -> bool:
        """
        Whether several of them may hold at once.
        """
    @property
    def name(self) -> str:
        ...
    @property
    def parameters(self) -> int:
        """
        Weights in the file; a tied matrix counts once.
        """
    @property
    def tensor_bytes(self) -> int:
        ...
    @property
    def tied_embeddings(self) -> bool:
        ...
    @property
    def token_types(self) -> int:
        """
        Kinds of token that were learned.
        """
    @property
    def vocabulary(self) -> int:
        """
        Columns of the logits.
        """
class GenerationDefaults:
    """
    What a generation starts, ends and keeps off with.
    """
    @property
    def banned(self) -> list[int]:
        ...
    @property
    def decoder_start(self) -> int | None:
        ...
    @property
    def ends(self) -> list[int]:
        ...
    @property
    def forced_bos(self) -> int | None:
        ...
    @property
    def forced_eos(self) -> int | None:
        ...
class MetadataEntry:
    @property
    def key(self) -> str:
        ...
    @property
    def type(self) -> str:
        ...
    @property
    def value(self) -> str:
        """
        Long ones are cut short.
        """
class TensorEntry:
    @property
    def bytes(self) -> int:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def shape(self) -> list[int]:
        """
        Innermost dimension first.
        """
    @property
    def type(self) -> str:
        ...
class FileInfo:
    """
    What stands in a model file.
    """
    @property
    def context(self) -> int:
        """
        Positions the model was made for; 0 if the family is unknown.
        """
    @property
    def family(self) -> str:
        """
        One of families(), or empty.
        """
    @property
    def metadata(self) -> list[MetadataEntry]:
        ...
    @property
    def parameters(self) -> int:
        ...
    @property
    def tensor_bytes(self) -> int:
        ...
    @property
    def tensors(self) -> list[TensorEntry]:
        ...
class MemoryEstimate:
    """
    Bytes a model will need; a mapping too.
    """
    def __getitem__(self, arg0: str) -> typing.Any:
        ...
    def keys(self) -> tuple:
        ...
    @property
    def active_parameters(self) -> int:
        """
        Those that a token makes use of.
        """
    @property
    def cache_bytes(self) -> int:
        """
        Keys and values of `context` positions.
        """
    @property
    def file_bytes(self) -> int:
        """
        Tensors as they are in the file.
        """
    @property
    def parameters(self) -> int:
        ...
    @property
    def position_bytes(self) -> int:
        """
        Of those, what one more position takes beyond all windows.
        """
    @property
    def scratch_bytes(self) -> int:
        """
        Largest working memory of a forward pass, and what a cache keeps to go back.
        """
    @property
    def state_bytes(self) -> int:
        """
        Recurrent states of a sequence.
        """
    @property
    def total_bytes(self) -> int:
        ...
    @property
    def weights_bytes(self) -> int:
        """
        After packing, what stays in memory.
        """
class LoadOptions:
    runtime: Runtime
    def __init__(self) -> None:
        ...
    @property
    def cache_type(self) -> str:
        ...
    @cache_type.setter
    def cache_type(self, arg1: str | bytes) -> None:
        ...
    @property
    def context(self) -> int:
        ...
    @context.setter
    def context(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def pre_tokenizer(self) -> str:
        ...
    @pre_tokenizer.setter
    def pre_tokenizer(self, arg1: str | bytes) -> None:
        ...
    @property
    def precision(self) -> str:
        ...
    @precision.setter
    def precision(self, arg1: str | bytes) -> None:
        ...
    @property
    def quantize(self) -> str:
        ...
    @quantize.setter
    def quantize(self, arg1: str | bytes) -> None:
        ...
    @property
    def quantize_folder(self) -> str:
        ...
    @quantize_folder.setter
    def quantize_folder(self, arg1: str | bytes | os.PathLike) -> None:
        ...
class Step:
    """
    Tokens to append to one sequence, and what is wanted of them.
    """
    def __init__(self, cache: KVCache, tokens: collections.abc.Iterable[int] | numpy.ndarray, logits: str | collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex] = 'last', hidden: bool = False) -> None:
        """
        logits: "none", "last", "all" or ascending indices into the tokens.
        hidden: the hidden states after the final norm of every token.
        """
class _StepOutput:
    def take_hidden(self) -> numpy.typing.NDArray[numpy.float32]:
        ...
    def take_logits(self) -> numpy.typing.NDArray[numpy.float32]:
        ...
class Model:
    @staticmethod
    def estimate(path: str | bytes | os.PathLike, options: LoadOptions) -> MemoryEstimate:
        ...
    @staticmethod
    def load(path: str | bytes | os.PathLike, options: LoadOptions, progress: collections.abc.Callable | None) -> Model:
        ...
    def embed(self, ids: collections.abc.Iterable[int] | numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
        ...
    def forward(self, steps: collections.abc.Sequence[Step], progress: collections.abc.Callable | None) -> list[_StepOutput]:
        ...
    def head(self, hidden: typing.Annotated[numpy.typing.ArrayLike, numpy.float32]) -> numpy.typing.NDArray[numpy.float32]:
        ...
    def new_cache(self, source: collections.abc.Iterable[int] | numpy.ndarray | None = None) -> KVCache:
        ...
    def read(self, texts: collections.abc.Sequence[collections.abc.Iterable[int] | numpy.ndarray], types: collections.abc.Sequence[collections.abc.Iterable[int] | numpy.ndarray | None], output: str) -> list[numpy.typing.NDArray[numpy.float32]]:
        ...
    def source_logits(self, source: collections.abc.Iterable[int] | numpy.ndarray, ids: collections.abc.Iterable[int] | numpy.ndarray) -> numpy.typing.NDArray[numpy.float32]:
        ...
    @property
    def chat_template(self) -> ChatTemplate:
        ...
    @property
    def context(self) -> int:
        ...
    @property
    def fingerprint(self) -> int:
        ...
    @property
    def generation_defaults(self) -> GenerationDefaults:
        ...
    @property
    def has_chat_template(self) -> bool:
        ...
    @property
    def has_tokenizer(self) -> bool:
        ...
    @property
    def info(self) -> ModelInfo:
        ...
    @property
    def runtime(self) -> Runtime:
        ...
    @property
    def tokenizer(self) -> Tokenizer:
        ...
class Greedy:
    """
    Keep the most likely token.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: Greedy) -> bool:
        ...
    def __init__(self) -> None:
        ...
    def __repr__(self) -> str:
        ...
class Temperature:
    """
    logit / value; 0 is greedy.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: Temperature) -> bool:
        ...
    def __init__(self, value: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def value(self) -> float:
        ...
class TopK:
    """
    Keep the k most likely tokens; 0 keeps all.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: TopK) -> bool:
        ...
    def __init__(self, k: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def k(self) -> int:
        ...
class TopP:
    """
    Keep the fewest most likely tokens whose probabilities reach p.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: TopP) -> bool:
        ...
    def __init__(self, p: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def p(self) -> float:
        ...
class MinP:
    """
    Keep tokens at least p times as likely as the most likely one.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: MinP) -> bool:
        ...
    def __init__(self, p: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def p(self) -> float:
        ...
class Typical:
    """
    Keep the tokens whose information is nearest to the entropy, until they reach p.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: Typical) -> bool:
        ...
    def __init__(self, p: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def p(self) -> float:
        ...
class RepetitionPenalty:
    """
    Divide positive, multiply negative logits of tokens seen.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: RepetitionPenalty) -> bool:
        ...
    def __init__(self, penalty: typing.SupportsFloat | typing.SupportsIndex, last_n: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def last_n(self) -> int:
        ...
    @property
    def penalty(self) -> float:
        ...
class FrequencyPenalty:
    """
    logit - penalty times the token's count.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: FrequencyPenalty) -> bool:
        ...
    def __init__(self, penalty: typing.SupportsFloat | typing.SupportsIndex, last_n: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def last_n(self) -> int:
        ...
    @property
    def penalty(self) -> float:
        ...
class PresencePenalty:
    """
    logit - penalty for tokens seen.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: PresencePenalty) -> bool:
        ...
    def __init__(self, penalty: typing.SupportsFloat | typing.SupportsIndex, last_n: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def last_n(self) -> int:
        ...
    @property
    def penalty(self) -> float:
        ...
class NoRepeatNgram:
    """
    Remove tokens that would repeat an n-gram.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: NoRepeatNgram) -> bool:
        ...
    def __init__(self, n: typing.SupportsInt | typing.SupportsIndex, last_n: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def last_n(self) -> int:
        ...
    @property
    def n(self) -> int:
        ...
class LogitBias:
    """
    Add to the logits of single tokens; -inf removes one.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: LogitBias) -> bool:
        ...
    def __init__(self, biases: dict) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def biases(self) -> list[tuple[int, float]]:
        ...
class BannedTokens:
    """
    Remove tokens.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: BannedTokens) -> bool:
        ...
    def __init__(self, ids: collections.abc.Iterable[int] | numpy.ndarray) -> None:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def ids(self) -> list[int]:
        ...
class Sampler:
    """
    Steps in the order they are applied, then one draw; no steps: greedy.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, arg0: Sampler) -> bool:
        ...
    def __init__(self, steps: collections.abc.Sequence[Temperature | TopK | TopP | MinP | Typical | RepetitionPenalty | FrequencyPenalty | PresencePenalty | NoRepeatNgram | LogitBias | BannedTokens | Greedy] = [], seed: typing.SupportsInt | typing.SupportsIndex | None = None) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def apply(self, logits: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], history: collections.abc.Iterable[int] | numpy.ndarray = ()) -> numpy.typing.NDArray[numpy.float32]:
        """
        The logits after the steps, float32; -inf = removed.
        """
    def distribution(self, logits: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], history: collections.abc.Iterable[int] | numpy.ndarray = ()) -> numpy.ndarray:
        """
        The probabilities that sample() draws from, float64.
        """
    def sample(self, logits: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], history: collections.abc.Iterable[int] | numpy.ndarray = (), *, seed: typing.SupportsInt | typing.SupportsIndex | None = None, position: typing.SupportsInt | typing.SupportsIndex = 0) -> int:
        """
        The token drawn for this seed (the sampler's own by default) and position of the sequence.
        """
    @property
    def seed(self) -> int | None:
        ...
    @property
    def steps(self) -> list[Temperature | TopK | TopP | MinP | Typical | RepetitionPenalty | FrequencyPenalty | PresencePenalty | NoRepeatNgram | LogitBias | BannedTokens | Greedy]:
        ...
class SamplerSettings:
    """
    The customary settings.
    """
    logit_bias: LogitBias
    def __init__(self) -> None:
        ...
    def sampler(self) -> Sampler:
        ...
    @property
    def banned_tokens(self) -> list[int]:
        ...
    @banned_tokens.setter
    def banned_tokens(self, arg1: collections.abc.Iterable[int] | numpy.ndarray) -> None:
        ...
    @property
    def frequency_penalty(self) -> float:
        ...
    @frequency_penalty.setter
    def frequency_penalty(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def min_p(self) -> float:
        ...
    @min_p.setter
    def min_p(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def no_repeat_ngram(self) -> int:
        ...
    @no_repeat_ngram.setter
    def no_repeat_ngram(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def penalty_last_n(self) -> int:
        ...
    @penalty_last_n.setter
    def penalty_last_n(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def presence_penalty(self) -> float:
        ...
    @presence_penalty.setter
    def presence_penalty(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def repetition_penalty(self) -> float:
        ...
    @repetition_penalty.setter
    def repetition_penalty(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def seed(self) -> int | None:
        ...
    @seed.setter
    def seed(self, arg0: typing.SupportsInt | typing.SupportsIndex | None) -> None:
        ...
    @property
    def temperature(self) -> float:
        ...
    @temperature.setter
    def temperature(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def top_k(self) -> int:
        ...
    @top_k.setter
    def top_k(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def top_p(self) -> float:
        ...
    @top_p.setter
    def top_p(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def typical(self) -> float:
        ...
    @typical.setter
    def typical(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
class Candidate:
    """
    A token and how likely the model found it.
    """
    def __repr__(self) -> str:
        ...
    @property
    def bytes(self) -> bytes:
        ...
    @property
    def id(self) -> int:
        ...
    @property
    def logprob(self) -> float:
        ...
class ChosenToken(Candidate):
    """
    A generated token.
    """
    @property
    def entropy(self) -> float:
        """
        Of the model's distribution, in nats; with logprobs only.
        """
    @property
    def top(self) -> list[Candidate]:
        """
        The most likely tokens, best first; with logprobs only.
        """
class _Piece:
    @property
    def text(self) -> str:
        ...
    @property
    def tokens(self) -> list[ChosenToken]:
        ...
class Timings:
    """
    Where the time went; loading is not part of it.
    """
    @property
    def cached_tokens(self) -> int:
        """
        Of the prompt, taken from the cache.
        """
    @property
    def decode_seconds(self) -> float:
        """
        From the first token to the last.
        """
    @property
    def dropped_tokens(self) -> int:
        """
        Left out of a chat by its policy.
        """
    @property
    def first_piece_seconds(self) -> float:
        """
        From the call to the first token.
        """
    @property
    def generated_tokens(self) -> int:
        ...
    @property
    def generated_tokens_per_second(self) -> float:
        ...
    @property
    def prefill_seconds(self) -> float:
        ...
    @property
    def prompt_tokens(self) -> int:
        ...
    @property
    def prompt_tokens_per_second(self) -> float:
        ...
class Result:
    """
    All of a reply; str() is its text.
    """
    def __repr__(self) -> str:
        ...
    def __str__(self) -> str:
        ...
    @property
    def finish(self) -> str:
        """
        "eos", "stop", "length" or "cancelled"; "none" while it runs.
        """
    @property
    def ids(self) -> list[int]:
        """
        Generated tokens, an end token included.
        """
    @property
    def score(self) -> float:
        """
        Of a beam search: log-probability / length**length_penalty.
        """
    @property
    def seed(self) -> int:
        """
        The seed used.
        """
    @property
    def stop(self) -> str:
        """
        The stop string found; empty for a stop id.
        """
    @property
    def text(self) -> str:
        ...
    @property
    def timings(self) -> Timings:
        ...
    @property
    def tokens(self) -> list[ChosenToken]:
        """
        Parallel to ids; log-probabilities with `logprobs` only.
        """
class Score:
    """
    Log-likelihood of a text, in nats.
    """
    @property
    def ids(self) -> list[int]:
        ...
    @property
    def nll(self) -> list[float]:
        """
        Negative log-likelihood of each token scored.
        """
    @property
    def perplexity(self) -> float:
        """
        exp(mean nll)
        """
    @property
    def sum(self) -> float:
        """
        Of the log-likelihoods, <= 0.
        """
class GenerateOptions:
    ignore_eos: bool
    include_stop: bool
    sampler: Sampler
    skip_special: bool
    def __init__(self) -> None:
        ...
    @property
    def forced_bos(self) -> int | None:
        ...
    @forced_bos.setter
    def forced_bos(self, arg0: typing.SupportsInt | typing.SupportsIndex | None) -> None:
        ...
    @property
    def forced_eos(self) -> int | None:
        ...
    @forced_eos.setter
    def forced_eos(self, arg0: typing.SupportsInt | typing.SupportsIndex | None) -> None:
        ...
    @property
    def logprobs(self) -> int | None:
        ...
    @logprobs.setter
    def logprobs(self, arg0: typing.SupportsInt | typing.SupportsIndex | None) -> None:
        ...
    @property
    def max_tokens(self) -> int:
        ...
    @max_tokens.setter
    def max_tokens(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def min_tokens(self) -> int:
        ...
    @min_tokens.setter
    def min_tokens(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def stop(self) -> list[str]:
        ...
    @stop.setter
    def stop(self, arg0: collections.abc.Sequence[str]) -> None:
        ...
    @property
    def stop_ids(self) -> list[int]:
        ...
    @stop_ids.setter
    def stop_ids(self, arg1: collections.abc.Iterable[int] | numpy.ndarray) -> None:
        ...
class Generation:
    """
    A running generation, pulled piece by piece. One thread at a time.
    """
    def cancel(self) -> None:
        """
        Ends it soon; from any thread.
        """
    def finish(self, progress: collections.abc.Callable | None = None) -> Result:
        ...
    def give_cache(self, cache: KVCache) -> None:
        """
        Sets `cache` to the generation's.
        """
    def next(self, progress: collections.abc.Callable | None = None) -> _Piece | None:
        ...
    @property
    def result(self) -> Result:
        ...
class ChatOptions:
    generate: GenerateOptions
    render: RenderOptions
    def __init__(self) -> None:
        ...
    @property
    def reserve(self) -> int:
        ...
    @reserve.setter
    def reserve(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def when_full(self) -> str:
        ...
    @when_full.setter
    def when_full(self, arg1: str | bytes) -> None:
        ...
class Chat:
    def __init__(self, model: Model, chat_template: ChatTemplate = None) -> None:
        ...
    def add(self, message: str | bytes) -> None:
        ...
    def cache(self) -> KVCache:
        ...
    def clear(self) -> None:
        ...
    def load(self, path: str | bytes | os.PathLike) -> None:
        ...
    def messages(self) -> str:
        ...
    def reply(self, options: ChatOptions) -> Generation:
        ...
    def save(self, path: str | bytes | os.PathLike) -> None:
        ...
    def undo(self) -> None:
        ...
class LabelScore:
    """
    A label of a text and how likely it is.
    """
    def __repr__(self) -> str:
        ...
    @property
    def label(self) -> str:
        ...
    @property
    def logit(self) -> float:
        ...
    @property
    def score(self) -> float:
        """
        Probability.
        """
class Rating:
    """
    How good a text is.
    """
    def __repr__(self) -> str:
        ...
    @property
    def index(self) -> int:
        """
        Into the texts given.
        """
    @property
    def raw(self) -> float:
        ...
    @property
    def score(self) -> float:
        """
        sigmoid(raw)
        """
class Filled:
    """
    A token in the place of a mask.
    """
    def __repr__(self) -> str:
        ...
    @property
    def id(self) -> int:
        ...
    @property
    def score(self) -> float:
        """
        Probability.
        """
    @property
    def token(self) -> str:
        """
        Its text.
        """
class Entity:
    """
    A part of a text with a label.
    """
    def __repr__(self) -> str:
        ...
    @property
    def begin(self) -> int:
        """
        Characters of the text, [begin, end).
        """
    @property
    def end(self) -> int:
        ...
    @property
    def label(self) -> str:
        ...
    @property
    def score(self) -> float:
        """
        Mean probability of its tokens.
        """
    @property
    def text(self) -> str:
        ...
class Answer:
    """
    A part of a context that answers a question.
    """
    def __repr__(self) -> str:
        ...
    @property
    def begin(self) -> int:
        """
        Characters of the context, [begin, end).
        """
    @property
    def end(self) -> int:
        ...
    @property
    def score(self) -> float:
        """
        Probability of its begin times that of its end.
        """
    @property
    def text(self) -> str:
        ...
class _ToolCall:
    @property
    def arguments(self) -> str:
        """
        A JSON object.
        """
    @property
    def id(self) -> str:
        ...
    @property
    def name(self) -> str:
        ...
class _ParsedReply:
    @property
    def content(self) -> str:
        ...
    @property
    def incomplete(self) -> bool:
        ...
    @property
    def reasoning(self) -> str | None:
        ...
    @property
    def tool_calls(self) -> list[_ToolCall]:
        ...
class _ReplyDelta:
    @property
    def content(self) -> str:
        ...
    @property
    def reasoning(self) -> str:
        ...
    @property
    def tool_calls(self) -> list[_ToolCall]:
        ...
class ReplyParser:
    """
    Takes a reply apart as it comes. One thread at a time.
    """
    def __init__(self, format: str | bytes, prefix: str | bytes, tools: str | bytes) -> None:
        ...
    def add(self, text: str | bytes) -> _ReplyDelta:
        ...
    def finish(self) -> _ReplyDelta:
        ...
    @property
    def reply(self) -> _ParsedReply:
        ...
class NGramState:
    """
    What an n-gram model remembers of the words so far. A value, of one model; the empty one knows nothing.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __copy__(self) -> NGramState:
        ...
    def __deepcopy__(self, memo: dict) -> NGramState:
        ...
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self) -> None:
        ...
    @property
    def length(self) -> int:
        """
        Words at the end of the text that are all that counts.
        """
class NGramStep:
    """
    A word behind a state.
    """
    @property
    def length(self) -> int:
        """
        Of the n-gram found, in words; 0 = an unknown word.
        """
    @property
    def log_probability(self) -> float:
        """
        Natural logarithm.
        """
    @property
    def state(self) -> NGramState:
        """
        With the word behind.
        """
class NGramScore:
    """
    Log-likelihood of a text, in nats.
    """
    @property
    def ids(self) -> list[int]:
        """
        Words, then the end of the sentence.
        """
    @property
    def lengths(self) -> list[int]:
        """
        Of the n-gram found for each, in words; 0 = an unknown word.
        """
    @property
    def nll(self) -> list[float]:
        """
        Negative log-likelihood of each; infinite for the impossible.
        """
    @property
    def perplexity(self) -> float:
        """
        exp(mean nll)
        """
    @property
    def sum(self) -> float:
        """
        Of the log-likelihoods, <= 0.
        """
class NGramText:
    """
    What an n-gram model goes on with; str() is its text.
    """
    def __str__(self) -> str:
        ...
    @property
    def finish(self) -> str:
        """
        "eos" or "length"
        """
    @property
    def ids(self) -> list[int]:
        """
        </s> included, if it came.
        """
    @property
    def seed(self) -> int:
        """
        The seed used.
        """
    @property
    def text(self) -> str:
        ...
class NGram:
    @staticmethod
    def load(path: str | bytes | os.PathLike, unknown_log10: typing.SupportsFloat | typing.SupportsIndex, runtime: Runtime | None, progress: collections.abc.Callable | None) -> NGram:
        ...
    def context(self, state: NGramState) -> list[int]:
        ...
    def decode(self, ids: collections.abc.Iterable[int] | numpy.ndarray) -> str:
        ...
    def encode(self, text: str | bytes) -> list[int]:
        ...
    def find(self, word: str | bytes) -> int | None:
        ...
    def generate(self, prompt: str | bytes, sampler: Sampler, max_tokens: typing.SupportsInt | typing.SupportsIndex, allow_unknown: bool) -> NGramText:
        ...
    def log_probabilities(self, state: NGramState) -> numpy.typing.NDArray[numpy.float32]:
        ...
    def score(self, text: str | bytes, begin: bool, end: bool) -> NGramScore:
        ...
    def start(self) -> NGramState:
        ...
    def state(self, ids: collections.abc.Iterable[int] | numpy.ndarray) -> NGramState:
        ...
    def step(self, state: NGramState, word: int) -> NGramStep:
        ...
    def word(self, id: int) -> str:
        ...
    @property
    def bos(self) -> int | None:
        ...
    @property
    def counts(self) -> list[int]:
        ...
    @property
    def eos(self) -> int | None:
        ...
    @property
    def memory(self) -> int:
        ...
    @property
    def order(self) -> int:
        ...
    @property
    def unit(self) -> str:
        ...
    @property
    def unknown(self) -> int:
        ...
    @property
    def vocabulary(self) -> int:
        ...
class NGramEstimate:
    """
    Probabilities of all n-grams of a text.
    """
    def model(self) -> NGram:
        ...
    def write(self, path: str | bytes | os.PathLike) -> None:
        """
        Write an ARPA file, gzip if the path ends in ".gz".
        """
    @property
    def counts(self) -> list[int]:
        """
        Number of n-grams of each order, unigrams first.
        """
    @property
    def discounts(self) -> list[typing.Annotated[list[float], "FixedSize(3)"]]:
        """
        Of each order: what n-grams seen once, twice and more often are discounted by. Kneser-Ney only.
        """
    @property
    def fallbacks(self) -> list[bool]:
        """
        Of each order: whether the discounts could not be estimated.
        """
class NGramTrainer:
    def __init__(self, *, order: typing.SupportsInt | typing.SupportsIndex = 5, smoothing: str | bytes = 'kneser_ney', added: typing.SupportsFloat | typing.SupportsIndex = 1.0, discount_fallback: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(3)"] | None = None, prune: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex] = [], unit: str | bytes = 'words', skip_special: bool = False, runtime: Runtime | None = None) -> None:
        ...
    def add(self, text: str | bytes) -> None:
        ...
    def add_file(self, path: str | bytes | os.PathLike, progress: collections.abc.Callable | None = None) -> None:
        ...
    def estimate(self) -> NGramEstimate:
        ...
    @property
    def sentences(self) -> int:
        ...
    @property
    def words(self) -> int:
        ...
def answer(model: Model, question: str | bytes, context: str | bytes, count: typing.SupportsInt | typing.SupportsIndex, max_tokens: typing.SupportsInt | typing.SupportsIndex) -> list[Answer]:
    ...
def beam_search(model: Model, prompt: str | bytes | collections.abc.Iterable[int] | numpy.ndarray, options: GenerateOptions, beams: typing.SupportsInt | typing.SupportsIndex, length_penalty: typing.SupportsFloat | typing.SupportsIndex, early_stopping: str, sequences: typing.SupportsInt | typing.SupportsIndex) -> list[Result]:
    ...
def classify(model: Model, texts: collections.abc.Sequence[str | bytes], pairs: collections.abc.Sequence[str | bytes | None]) -> list[list[LabelScore]]:
    ...
def classify_tokens(model: Model, texts: collections.abc.Sequence[str | bytes]) -> list[list[Entity]]:
    ...
def convert(input: str | bytes | os.PathLike, output: str | bytes | os.PathLike, type: str = '', importance: str = '', progress: collections.abc.Callable | None = None) -> None:
    """
    Write the model in `input` (a GGUF file or a folder) to `output`: a GGUF file if it ends in .gguf, else a folder.
    type: a storage type ("q8_0") or mixture ("q4_k_m"); "" = as it is.
    importance: file of an importance matrix, which the smallest types need.
    progress: called with (done, total) in bytes.
    """
def convert_types() -> list[str]:
    """
    The types that convert() takes.
    """
def default_threads() -> int:
    """
    min(affinity mask, cgroup quota rounded down, physical cores), at least 1.
    """
def dequantize(type: str | bytes, bytes: collections.abc.Buffer) -> numpy.typing.NDArray[numpy.float32]:
    """
    The float32 values of rows of blocks; the last axis is the row.
    """
def embed(model: Model, texts: collections.abc.Sequence[str | bytes], prompt: str | bytes | None, prompt_name: str | bytes, truncate: bool, progress: collections.abc.Callable | None) -> numpy.typing.NDArray[numpy.float32]:
    ...
def families() -> list[tuple[str, str]]:
    """
    The kinds of models that this version runs: (model_type of config.json, architecture of GGUF files or "").
    """
def fill_mask(model: Model, text: str | bytes, count: typing.SupportsInt | typing.SupportsIndex) -> list[list[Filled]]:
    ...
def generate(model: Model, cache: KVCache, prompt: str | bytes | collections.abc.Iterable[int] | numpy.ndarray, options: GenerateOptions) -> Generation:
    ...
def generate_batch(model: Model, prompts: collections.abc.Sequence[str | bytes | collections.abc.Iterable[int] | numpy.ndarray], options: GenerateOptions) -> list[Result]:
    ...
def inspect(path: str | bytes | os.PathLike) -> FileInfo:
    """
    Read the headers of a GGUF file of any architecture, weights untouched.
    """
def parse_reply(text: str | bytes, format: str | bytes, prefix: str | bytes, tools: str | bytes) -> _ParsedReply:
    ...
def quantize(type: str | bytes, values: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], importance: typing.Annotated[numpy.typing.ArrayLike, numpy.float32] | None = None, *, runtime: Runtime = None) -> numpy.typing.NDArray[numpy.uint8]:
    """
    Rows of values as blocks of a type; the last axis is the row. importance has a number >= 0 for each column, what
    the squares of errors in it count.
    """
def reply_formats() -> list[str]:
    """
    Names of the formats that replies are written in.
    """
def rerank(model: Model, query: str | bytes, texts: collections.abc.Sequence[str | bytes]) -> list[Rating]:
    ...
def reward(model: Model, prompt: str | bytes, replies: collections.abc.Sequence[str | bytes]) -> list[Rating]:
    ...
def score(model: Model, text: str | bytes | collections.abc.Iterable[int] | numpy.ndarray, continuation: str | bytes | collections.abc.Iterable[int] | numpy.ndarray | None) -> Score:
    ...
def storage_type(name: str | bytes) -> StorageType:
    """
    The storage type of that name, in small or capital letters.
    """
def storage_types() -> list[StorageType]:
    """
    All storage types that can be read.
    """
__version__: str = '0.1.0'
