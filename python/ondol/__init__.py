"""Ondol: language models on CPUs, inside your process.

    import ondol

    model = ondol.Model.load(ondol.demo_model())
    print(model.chat([{"role": "user", "content": "What is the capital of France?"}]).text)
"""

from ._ondol import (BannedTokens, Candidate, ChosenToken, Detokenizer, FileInfo, FrequencyPenalty, Greedy, KVCache,
                     LogitBias, MemoryEstimate, MinP, ModelInfo, NoRepeatNgram, PresencePenalty, RepetitionPenalty,
                     Result, Runtime, Sampler, Score, Step, Temperature, Timings, Tokenizer, TopK, TopP, Typical,
                     __version__, default_threads, inspect)
from .chat import Chat
from .chat_template import ChatTemplate, RenderedPrompt
from .demo import demo_model
from .error import Error
from .model import Model, StepOutput
from .options import ChatOptions, GenerateOptions, LoadOptions, RenderOptions
from .stream import Piece, Stream

__all__ = [
    "BannedTokens", "Candidate", "Chat", "ChatOptions", "ChatTemplate", "ChosenToken", "Detokenizer", "Error",
    "FileInfo", "FrequencyPenalty", "GenerateOptions", "Greedy", "KVCache", "LoadOptions", "LogitBias",
    "MemoryEstimate", "MinP", "Model", "ModelInfo", "NoRepeatNgram", "Piece", "PresencePenalty", "RenderOptions",
    "RenderedPrompt", "RepetitionPenalty", "Result", "Runtime", "Sampler", "Score", "Step", "StepOutput", "Stream", "Temperature",
    "Timings", "Tokenizer", "TopK", "TopP", "Typical", "default_threads", "demo_model", "inspect",
]
