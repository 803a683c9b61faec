"""One run of llama.cpp through the C API of llama-cpp-python. Steps feed random ids and choose nothing, in its favour."""

import engine
import llama_cpp as llama
import numpy as np

CACHE_TYPES = {"f32": 0, "f16": 1, "q8_0": 8, "bf16": 30}
FLASH = {"": llama.LLAMA_FLASH_ATTN_TYPE_AUTO, "flash": llama.LLAMA_FLASH_ATTN_TYPE_ENABLED,
         "noflash": llama.LLAMA_FLASH_ATTN_TYPE_DISABLED}
MOST = 512  #: tokens of one pass

_errors = []


@llama.llama_log_callback
def _keep(level, text, _):
    if level == 4:  # GGML_LOG_LEVEL_ERROR
        _errors.append(text.decode(errors="replace").strip())


class LlamaCpp:
    def __init__(self, options):
        llama.llama_log_set(_keep, None)
        llama.llama_backend_init()
        self.model = llama.llama_model_load_from_file(options.file.encode(), llama.llama_model_default_params())
        if not self.model:
            raise SystemExit("llama.cpp: " + "; ".join(_errors or ["the file was not loaded"]))
        p = llama.llama_context_default_params()
        p.n_ctx = -(-options.context // 256) * 256 * options.batch
        p.n_batch = p.n_ubatch = MOST
        p.n_seq_max = options.batch
        p.n_threads = p.n_threads_batch = options.threads
        p.flash_attn_type = FLASH[options.setting]
        p.type_k = p.type_v = CACHE_TYPES[options.cache_type]
        self.context = llama.llama_init_from_model(self.model, p)
        if not self.context:
            raise SystemExit("llama.cpp: " + "; ".join(_errors or ["no context"]))
        self.vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(self.model))
        self.version = llama.__version__
        self.batch = llama.llama_batch_init(max(MOST, options.batch), 0, 1)
        self.sequences = options.batch
        self.forget()

    def first(self, ids):
        self.read([ids])
        np.ctypeslib.as_array(llama.llama_get_logits_ith(self.context, -1), (self.vocabulary,)).argmax()

    def forget(self):
        llama.llama_memory_clear(llama.llama_get_memory(self.context), True)
        self.length = [0] * self.sequences

    def evaluate(self, rows):
        """One pass over rows of (sequence, id, whether its logits are wanted)."""
        for i, (sequence, token, wanted) in enumerate(rows):
            self.batch.token[i], self.batch.pos[i], self.batch.logits[i] = token, self.length[sequence], wanted
            self.batch.n_seq_id[i], self.batch.seq_id[i][0] = 1, sequence
            self.length[sequence] += 1
        self.batch.n_tokens = len(rows)
        if llama.llama_decode(self.context, self.batch) != 0:
            raise SystemExit("llama.cpp: " + "; ".join(_errors or ["llama_decode failed"]))

    def read(self, prompts):
        rows = [(sequence, token, i == len(ids) - 1) for sequence, ids in enumerate(prompts)
                for i, token in enumerate(ids)]
        for begin in range(0, len(rows), MOST):
            self.evaluate(rows[begin:begin + MOST])
        llama.llama_synchronize(self.context)

    def write(self, count):
        for _ in range(count):
            self.read([engine.random_ids(self.vocabulary, 1) for _ in range(self.sequences)])


if __name__ == "__main__":
    engine.run(LlamaCpp)
