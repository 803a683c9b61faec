"""Logits of llama.cpp at every position of a text: logits_llama_cpp.py FILE IDS.json OUT.npy THREADS CACHE_TYPE"""

import json
import sys
from types import SimpleNamespace

import llama_cpp as llama
import numpy as np
from run_llama_cpp import LlamaCpp

file, wanted, out, threads, cache_type = sys.argv[1:]
with open(wanted) as text:
    ids = json.load(text)
model = LlamaCpp(SimpleNamespace(file=file, context=len(ids), batch=1, threads=int(threads), setting="",
                                 cache_type=cache_type))
rows = []
for begin in range(0, len(ids), 256):
    part = ids[begin:begin + 256]
    model.evaluate([(0, token, True) for token in part])
    for i in range(len(part)):
        logits = llama.llama_get_logits_ith(model.context, i)
        rows.append(np.ctypeslib.as_array(logits, (model.vocabulary,)).copy())
np.save(out, np.stack(rows))
