"""One run of CTranslate2 with 8-bit weights; `file` is a folder that ctranslate2_from_gguf.py made."""

import json
import time
from pathlib import Path

import ctranslate2
import engine


class CTranslate2:
    def __init__(self, options):
        self.generator = ctranslate2.Generator(options.file, device="cpu", compute_type="int8", inter_threads=1,
                                               intra_threads=options.threads)
        self.vocabulary = len(json.loads((Path(options.file) / "vocabulary.json").read_text()))
        self.version = ctranslate2.__version__

    def generate(self, prompts, count):
        """Seconds from the call to the first token, and from there to the last."""
        tokens = [[f"t{id}" for id in ids] for ids in prompts]
        begin = time.perf_counter()
        first = 0.0

        def step(result):
            nonlocal first
            if result.step == 0:
                first = time.perf_counter()
            return False  # go on

        results = self.generator.generate_batch(tokens, max_length=count, min_length=count, sampling_topk=1,
                                                include_prompt_in_result=False, callback=step)
        end = time.perf_counter()
        if not first or any(len(result.sequences_ids[0]) != count for result in results):
            raise SystemExit(f"ctranslate2: {[len(r.sequences_ids[0]) for r in results]} tokens instead of {count}")
        return first - begin, end - first

    def first(self, ids):
        self.generate([ids], 1)

    def forget(self):
        pass  # every generate_batch() begins anew

    def read_write(self, prompts, count):
        return self.generate(prompts, count + 1)


engine.run(CTranslate2)
