"""One run of OpenVINO GenAI, which reads the GGUF file itself and converts it while it loads."""

import time

import engine
import numpy as np
import openvino
import openvino_genai as genai

CACHE_TYPES = {"f32": "f32", "f16": "f16", "bf16": "bf16", "q8_0": "u8"}


class OpenVINO:
    def __init__(self, options):
        self.pipeline = genai.LLMPipeline(options.file, "CPU", INFERENCE_NUM_THREADS=options.threads,
                                          KV_CACHE_PRECISION=CACHE_TYPES[options.cache_type])
        self.vocabulary = 32000  # any id will do
        vocabulary = self.pipeline.get_tokenizer().get_vocab()
        if vocabulary:
            self.vocabulary = len(vocabulary)
        self.version = genai.__version__

    def generate(self, prompts, count):
        """Seconds from the call to each token."""
        ids = np.array(prompts, np.int64)
        config = genai.GenerationConfig(max_new_tokens=count, min_new_tokens=count, ignore_eos=True, do_sample=False,
                                        apply_chat_template=False)
        begin = time.perf_counter()
        result = self.pipeline.generate(genai.TokenizedInputs(openvino.Tensor(ids), openvino.Tensor(np.ones_like(ids))),
                                        config)
        whole = time.perf_counter() - begin
        if any(len(tokens) != count for tokens in result.tokens):
            raise SystemExit(f"openvino: {[len(tokens) for tokens in result.tokens]} tokens, {count} were asked for")
        return result.perf_metrics.get_ttft().mean * 1e-3, whole

    def first(self, ids):
        self.generate([ids], 1)

    def forget(self):
        pass  # every generate() begins anew

    def read_write(self, prompts, count):
        first, whole = self.generate(prompts, count + 1)
        return first, whole - first


engine.run(OpenVINO)
