"""One run of Ondol. A single sequence is written by generate(): forward pass, greedy choice, text."""

import engine
import numpy as np

import ondol


class Ondol:
    def __init__(self, options):
        self.model = ondol.Model.load(options.file, threads=options.threads, cache_type=options.cache_type,
                                      precision=options.setting or "fast")
        self.vocabulary = self.model.info.vocabulary
        self.version = f"{ondol.__version__}, {self.model.runtime.isa}"
        self.batch = options.batch

    def first(self, ids):
        self.model.generate(ids, max_tokens=1, ignore_eos=True)

    def forget(self):
        self.caches = [self.model.new_cache() for _ in range(self.batch)]

    def read(self, prompts):
        self.model.forward([(cache, np.array(ids), "last") for cache, ids in zip(self.caches, prompts)])

    def write(self, count):
        if self.batch == 1:
            # The first token follows from the prompt of one id: `count` passes make `count` tokens.
            ids = engine.random_ids(self.vocabulary, 1)
            self.model.generate(ids, cache=self.caches[0], max_tokens=count, ignore_eos=True)
            return
        for _ in range(count):
            self.read([engine.random_ids(self.vocabulary, 1) for _ in self.caches])


engine.run(Ondol)
