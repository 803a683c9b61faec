"""Several prompts in one pass, and streams beside other work of an event loop."""

import asyncio

import ondol

model = ondol.Model.load(ondol.demo_model())

for result in model.generate_batch(["The sun is", "Water boils at", "온돌은"], max_tokens=12):
    print(repr(result.text))


async def answer(question):
    stream = model.chat([{"role": "user", "content": question}], max_tokens=40, stream=True)
    text = "".join([piece async for piece in stream])
    print(f"{question} {text} ({stream.result.timings.generated_tokens_per_second:.0f} tokens/s)")


async def main():
    await asyncio.gather(answer("What is the capital of France?"), answer("What is the capital of Italy?"))


asyncio.run(main())
