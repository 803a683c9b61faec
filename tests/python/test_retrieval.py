"""Finding documents by words, by embeddings, by both."""

import numpy as np
import pytest

import ondol

DOCUMENTS = ["온돌 은 바닥 을 데우는 난방 이다", "보일러 는 물 을 데우는 기계 다", "한옥 의 바닥 은 온돌 과 마루 다", "김치 는 발효 음식 이다"]
QUERY = "온돌 바닥"


def test_by_hand():
    """Worked example T30."""
    words = ondol.BM25(DOCUMENTS).scores(QUERY)
    np.testing.assert_allclose(words, [1.365603, 0, 1.288668, 0], atol=1e-6)
    assert ondol.ranking(words, above=0) == [0, 2]
    vectors = ondol.cosines([1, 1, 0], [[1, 2, 0], [2, 1, 1], [2, 2, 1], [0, 0, 3]])
    np.testing.assert_allclose(vectors, [0.948683, 0.866025, 0.942809, 0], atol=1e-6)
    assert ondol.ranking(vectors) == [0, 2, 1, 3]
    both = ondol.reciprocal_rank_fusion([ondol.ranking(words, above=0), ondol.ranking(vectors)], 4)
    np.testing.assert_allclose(both, [0.03278689, 0.01587302, 0.03225806, 0.015625], atol=1e-8)
    assert ondol.ranking(both) == [0, 2, 1, 3]


def test_words_by_the_definition():
    rng = np.random.default_rng(3)
    documents = [" ".join(rng.choice(list("abcdefgh"), rng.integers(0, 12))) for _ in range(40)]
    lengths = [len(text.split()) for text in documents]
    for query in ("a", "a b", "h h c", "z", ""):
        expected = []
        for text, length in zip(documents, lengths):
            score = 0
            for word in query.split():
                n = sum(word in other.split() for other in documents)
                tf = text.split().count(word)
                score += (np.log(1 + (40 - n + 0.5) / (n + 0.5)) * tf * 2.5
                          / (tf + 1.5 * (1 - 0.6 + 0.6 * length / np.mean(lengths))) if n else 0)
            expected.append(score)
        np.testing.assert_allclose(ondol.BM25(documents, k1=1.5, b=0.6).scores(query), expected, atol=1e-12)


def test_nothing_to_find():
    assert ondol.BM25([]).scores("a").shape == (0,)
    assert ondol.BM25(["", ""]).scores("a").tolist() == [0, 0]
    assert ondol.cosines([0, 0], [[1, 0]]).tolist() == [0]
    assert ondol.reciprocal_rank_fusion([], 2).tolist() == [0, 0]
    with pytest.raises(ondol.Error, match="b is 2"):
        ondol.BM25([], b=2)


def test_other_words():
    by_character = ondol.BM25(["온돌", "마루"], words=list)
    assert ondol.ranking(by_character.scores("돌"), above=0) == [0]


def test_embeddings_of_a_decoder(demo):
    """Worked example T30: the mean over the tokens behind the final norm."""
    texts = ["The cat sat on the mat.", "A dog slept on the rug.", "Interest rates rose by two percent."]
    vectors = [demo.hidden(demo.tokenizer.encode(text)).mean(axis=0) for text in texts]
    found = [ondol.cosines(vectors[i], [vectors[j]])[0] for i, j in ((0, 1), (0, 2), (1, 2))]
    np.testing.assert_allclose(found, [0.919484, 0.730688, 0.777154], atol=0.01)
