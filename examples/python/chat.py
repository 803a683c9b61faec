"""Asks a model one question and streams the answer: chat.py [MODEL.gguf [QUESTION]]"""

import sys

import ondol

path = sys.argv[1] if len(sys.argv) > 1 else ondol.demo_model()
question = sys.argv[2] if len(sys.argv) > 2 else "What is the capital of France?"
for piece in ondol.Chat(ondol.Model.load(path)).send(question, stream=True):
    print(piece, end="", flush=True)
print()
