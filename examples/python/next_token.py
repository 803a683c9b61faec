"""What a model thinks comes next: logits, a sampler's distribution, scores."""

import numpy as np

import ondol

model = ondol.Model.load(ondol.demo_model())
tokenizer = model.tokenizer

ids = tokenizer.encode("The cat sat on the")
logits = model.logits(ids)[-1]
sampler = ondol.Sampler([ondol.Temperature(0.7), ondol.TopK(5)])
distribution = sampler.distribution(logits)
for id in np.argsort(-distribution)[:5]:
    print(f"{distribution[id]:.3f}  {tokenizer.token_bytes(id)!r}")

for text in ("The cat sat on the mat.", "The mat sat on the cat."):
    print(f"perplexity {model.score(text).perplexity:8.1f}  {text}")
