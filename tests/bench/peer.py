"""One run of llama-cpp-python, measured as `ondol bench` measures: one JSON object on standard output.

Runs in the peer's own environment. Its decode steps feed random ids and choose nothing, which is in its favour.
"""

import argparse
import json
import random
import time

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--prompt", type=int, required=True)
parser.add_argument("--generate", type=int, required=True)
parser.add_argument("--depth", type=int, required=True)
arguments = parser.parse_args()


def peak_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


import llama_cpp  # noqa: E402

begin = time.perf_counter()
model = llama_cpp.Llama(
    arguments.file, n_ctx=-(-(arguments.depth + arguments.prompt + arguments.generate + 1) // 256) * 256,
    n_threads=arguments.threads, n_threads_batch=arguments.threads, n_batch=512, n_ubatch=512, verbose=False)
loaded = time.perf_counter()
vocabulary = model.n_vocab()


def ids(count):
    return [random.randrange(vocabulary) for _ in range(count)]


def evaluate(tokens, position):
    """Appends tokens, 512 at a time, with logits for the last one only."""
    for start in range(0, len(tokens), 512):
        part = tokens[start:start + 512]
        model._batch.set_batch(batch=part, n_past=position + start, logits_all=False)
        model._ctx.decode(model._batch)
    llama_cpp.llama_synchronize(model._ctx.ctx)


def forget():
    memory = llama_cpp.llama_get_memory(model._ctx.ctx)
    llama_cpp.llama_memory_clear(memory, True)


evaluate(ids(16), 0)
first = time.perf_counter()
forget()
if arguments.depth:
    evaluate(ids(arguments.depth), 0)
prompt = ids(arguments.prompt)
start = time.perf_counter()
evaluate(prompt, arguments.depth)
middle = time.perf_counter()
for step in range(arguments.generate):
    evaluate(ids(1), arguments.depth + arguments.prompt + step)
end = time.perf_counter()
print(json.dumps({
    "prefill_tokens_per_second": arguments.prompt / (middle - start),
    "decode_tokens_per_second": arguments.generate / (end - middle),
    "load_seconds": loaded - begin,
    "load_to_first_token_seconds": first - begin,
    "peak_bytes": peak_bytes(),
    "version": llama_cpp.__version__,
}))
