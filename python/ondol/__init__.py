"""Ondol: language models on CPUs, inside your process.

    import ondol

    model = ondol.Model.load(ondol.demo_model())
    print(model.chat([{"role": "user", "content": "What is the capital of France?"}]).text)
"""

from ._ondol import (Answer, BannedTokens, Candidate, ChosenToken, DecoderStream, Encoding, Entity, FileInfo, Filled,
                     FrequencyPenalty, GenerationDefaults, Greedy, KVCache, LabelScore, LogitBias, MemoryEstimate, MinP,
                     ModelInfo, NGramScore, NGramState, NGramStep, NGramText, NoRepeatNgram, PresencePenalty, Rating,
                     RepetitionPenalty, Result, Runtime, Sampler, Score, Step, StorageType, Temperature, Timings,
                     Tokenizer, TopK, TopP, Typical, __version__, convert, convert_types, default_threads, dequantize,
                     families, inspect, quantize, reply_formats, storage_type,
                     storage_types)
from .chat import Chat
from .chat_template import ChatTemplate, RenderedPrompt
from .demo import demo_model
from .error import Error
from .model import Model, StepOutput, estimate
from .ngram import NGram, NGramEstimate, NGramTrainer
from .options import BeamOptions, ChatOptions, GenerateOptions, LoadOptions, RenderOptions
from .replies import ParsedReply, ReplyDelta, ReplyParser, ToolCall, parse_reply
from .retrieval import BM25, cosines, ranking, reciprocal_rank_fusion
from .stream import Piece, Stream

__all__ = [
    "Answer", "BM25", "BannedTokens", "BeamOptions", "Candidate", "Chat", "ChatOptions", "ChatTemplate", "ChosenToken",
    "DecoderStream", "Encoding", "Entity", "Error", "FileInfo", "Filled", "FrequencyPenalty", "GenerateOptions",
    "GenerationDefaults", "Greedy", "KVCache", "LabelScore", "LoadOptions", "LogitBias", "MemoryEstimate", "MinP",
    "Model", "ModelInfo", "NGram", "NGramEstimate", "NGramScore", "NGramState", "NGramStep", "NGramText",
    "NGramTrainer", "NoRepeatNgram", "ParsedReply", "Piece", "PresencePenalty", "Rating", "RenderOptions",
    "RenderedPrompt", "RepetitionPenalty", "ReplyDelta", "ReplyParser", "Result", "Runtime", "Sampler", "Score", "Step",
    "StepOutput", "StorageType", "Stream", "Temperature", "Timings", "Tokenizer", "ToolCall", "TopK", "TopP", "Typical",
    "convert", "convert_types", "cosines", "default_threads", "demo_model", "dequantize", "estimate", "families",
    "inspect", "parse_reply", "quantize", "ranking", "reciprocal_rank_fusion", "reply_formats", "storage_type",
    "storage_types",
]
