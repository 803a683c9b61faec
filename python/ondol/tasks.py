"""What encoders are for, and decoders with a head: texts in, answers out."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, Sequence, Union

import numpy as np

from . import _ondol

if TYPE_CHECKING:
    from .options import Progress

__all__ = ["Tasks"]

Text = Union[str, bytes]


class Tasks:
    """The part of Model that takes texts and gives answers. Texts of one call are read together, without padding, and
    each result is what the text alone gives. A text that is longer than the model reads is an error."""

    _native: _ondol.Model

    def embed(self, texts: Union[Text, Sequence[Text]], *, prompt: Optional[Text] = None, prompt_name: str = "",
              truncate: bool = False, progress: Optional[Progress] = None) -> np.ndarray:
        """Vectors of texts, float32 [texts, width]; of a single text [width]. Pooled, projected and normalised as the
        model's folder says. Of token ids: their rows of the embedding matrix, [ids, hidden_size].

        prompt: put in front of each text; None: the model's default, or the one that its folder calls prompt_name.
        truncate: cut texts to what the model reads.
        """
        single = isinstance(texts, (str, bytes))
        items = [texts] if single else texts if isinstance(texts, np.ndarray) else list(texts)
        if len(items) == 0 or not isinstance(items[0], (str, bytes)):
            return self._native.embed(items)
        vectors = _ondol.embed(self._native, items, prompt, prompt_name, truncate, progress)
        return vectors[0] if single else vectors

    def classify_text(self, text: Union[Text, Sequence[Text]], pair: Union[Text, Sequence[Text], None] = None
                      ) -> Union[List[_ondol.LabelScore], List[List[_ondol.LabelScore]]]:
        """Labels of a text, or of two that are read together, most likely first; of many texts a list of lists."""
        if isinstance(text, (str, bytes)):
            return _ondol.classify(self._native, [text], [pair])[0]
        texts = list(text)
        pairs = [None] * len(texts) if pair is None else list(pair)
        if len(pairs) != len(texts):
            raise ValueError(f"{len(texts)} texts and {len(pairs)} pairs, expected as many")
        return _ondol.classify(self._native, texts, pairs)

    def rerank(self, query: Text, texts: Sequence[Text]) -> List[_ondol.Rating]:
        """Texts by how well they answer the query, best first; `index` is the place in `texts`."""
        return _ondol.rerank(self._native, query, list(texts))

    def reward(self, prompt: Text, reply: Union[Text, Sequence[Text]]) -> Union[_ondol.Rating, List[_ondol.Rating]]:
        """How good a reply is by a reward model; of many replies a list in their order."""
        single = isinstance(reply, (str, bytes))
        ratings = _ondol.reward(self._native, prompt, [reply] if single else list(reply))
        return ratings[0] if single else ratings

    def fill_mask(self, text: Text, top_k: int = 5) -> Union[List[_ondol.Filled], List[List[_ondol.Filled]]]:
        """The most likely tokens in the place of [MASK] or <mask>; of several masks a list for each."""
        filled = _ondol.fill_mask(self._native, text, top_k)
        return filled[0] if len(filled) == 1 else filled

    def classify_tokens(self, text: Union[Text, Sequence[Text]]
                        ) -> Union[List[_ondol.Entity], List[List[_ondol.Entity]]]:
        """Parts of a text with a label, in order; of many texts a list of lists."""
        single = isinstance(text, (str, bytes))
        found = _ondol.classify_tokens(self._native, [text] if single else list(text))
        return found[0] if single else found

    def answer(self, question: Text, context: Text, top_k: int = 1, max_tokens: int = 15
               ) -> Union[_ondol.Answer, List[_ondol.Answer]]:
        """The part of the context that answers the question; with top_k above 1 a list, best first."""
        answers = _ondol.answer(self._native, question, context, top_k, max_tokens)
        return answers[0] if top_k == 1 else answers
