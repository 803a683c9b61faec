"""Finding documents: by their words, by their embeddings, by both."""

from __future__ import annotations

from collections import Counter
from typing import Callable, Dict, Iterable, List, Sequence, Tuple

import numpy as np

from .error import Error

__all__ = ["BM25", "cosines", "ranking", "reciprocal_rank_fusion"]


class BM25:
    """Scores of documents by the words they share with a query (Robertson & Zaragoza 2009), with an idf that is positive:
    ln(1 + (N - n + 0.5) / (n + 0.5)) for a word in n of N documents. Immutable; any thread may use it.

    words cuts a text into words, by default at whitespace.
    """

    def __init__(self, documents: Iterable[str], *, k1: float = 1.2, b: float = 0.75,
                 words: Callable[[str], Sequence[str]] = str.split):
        if not (k1 >= 0 and 0 <= b <= 1):
            raise Error(f"k1 is {k1} and b is {b}, expected k1 >= 0 and b in 0 .. 1", "invalid_argument")
        self._words = words
        found: Dict[str, List[Tuple[int, int]]] = {}
        lengths = []
        for document, text in enumerate(documents):
            counts = Counter(words(text))
            lengths.append(sum(counts.values()))
            for word, count in counts.items():
                found.setdefault(word, []).append((document, count))
        self._count = len(lengths)
        mean = sum(lengths) / self._count if any(lengths) else 1.0
        norms = k1 * (1 - b + b * np.array(lengths, dtype=np.float64) / mean)
        self._weights = {word: self._weigh(np.array(places), norms, k1) for word, places in found.items()}

    def _weigh(self, places: np.ndarray, norms: np.ndarray, k1: float) -> Tuple[np.ndarray, np.ndarray]:
        """The documents that have a word, and what it adds to their scores."""
        documents, counts = places[:, 0], places[:, 1]
        idf = np.log1p((self._count - len(documents) + 0.5) / (len(documents) + 0.5))
        return documents, idf * counts * (k1 + 1) / (counts + norms[documents])

    def scores(self, query: str) -> np.ndarray:
        """Of each document, float64 [documents]; 0 where it has no word of the query."""
        scores = np.zeros(self._count)
        for word in self._words(query):
            if word in self._weights:
                documents, weights = self._weights[word]
                scores[documents] += weights
        return scores


def cosines(query: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Of a vector [size] with each row of [documents, size], float64; 0 with a vector of zeros."""
    query, vectors = np.asarray(query, np.float64), np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(query) * np.linalg.norm(vectors, axis=1)
    return np.divide(vectors @ query, lengths, out=np.zeros(len(vectors)), where=lengths > 0)


def ranking(scores: np.ndarray, above: float = -np.inf) -> List[int]:
    """Documents with scores above a limit, the best first; of equal ones the first."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    return [int(document) for document in order if scores[document] > above]


def reciprocal_rank_fusion(rankings: Iterable[Sequence[int]], count: int, k: float = 60) -> np.ndarray:
    """Scores of `count` documents from several rankings: the sum of 1 / (k + rank), ranks from 1 (Cormack et al. 2009)."""
    scores = np.zeros(count)
    for documents in rankings:
        scores[list(documents)] += 1 / (k + 1 + np.arange(len(documents)))
    return scores
