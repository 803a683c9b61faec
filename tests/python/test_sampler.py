import math

import numpy as np
import pytest

import ondol
from ondol import (BannedTokens, FrequencyPenalty, Greedy, LogitBias, MinP, NoRepeatNgram, PresencePenalty,
                   RepetitionPenalty, Sampler, Temperature, TopK, TopP, Typical)

T4 = [2.0, 1.5, 1.0, 0.0, -1.0]


@pytest.mark.parametrize("steps, expected", [
    ([Temperature(1)], [0.4630632, 0.280862, 0.1703514, 0.0626688, 0.0230546]),
    ([Temperature(0.5)], [0.6561641, 0.2413893, 0.0888021, 0.0120181, 0.0016265]),
    ([Temperature(2)], [0.335983, 0.2616638, 0.203784, 0.1236012, 0.0749679]),
    ([TopK(2)], [0.6224593, 0.3775407, 0, 0, 0]),
    ([TopP(0.7)], [0.6224593, 0.3775407, 0, 0, 0]),
    ([TopP(0.9)], [0.5064804, 0.3071959, 0.1863237, 0, 0]),
    ([MinP(0.3)], [0.5064804, 0.3071959, 0.1863237, 0, 0]),
    ([Temperature(0.7), TopK(4), TopP(0.9)], [0.5783045, 0.2831042, 0.1385913, 0, 0]),
    ([TopP(0.9), Temperature(2)], [0.419229, 0.3264958, 0.2542752, 0, 0]),
    ([Temperature(2), TopP(0.9)], [0.3632123, 0.28287, 0.2202994, 0.1336183, 0]),
    ([Temperature(0)], [1, 0, 0, 0, 0]),
    ([Greedy()], [1, 0, 0, 0, 0]),
    ([], [1, 0, 0, 0, 0]),
])
def test_t4_distributions(steps, expected):
    assert Sampler(steps).distribution(T4) == pytest.approx(expected, abs=1e-6)


def test_t5_drawing():
    sampler = Sampler([Temperature(0.7), TopK(4), TopP(0.9)])
    counts = np.bincount([sampler.sample(T4, seed=seed) for seed in range(20000)], minlength=5)
    expected = 20000 * np.array([0.5783045, 0.2831042, 0.1385913])
    assert counts[3] == counts[4] == 0
    assert ((counts[:3] - expected) ** 2 / expected).sum() < 18.4


def test_t18_penalties():
    logits, history = [3.0, 2.0, -1.0, 0.5, -0.5], [0, 2, 0]
    for steps, expected in (
        ([RepetitionPenalty(1.3)], [2.307692, 2.0, -1.3, 0.5, -0.5]),
        ([FrequencyPenalty(0.4)], [2.2, 2.0, -1.4, 0.5, -0.5]),
        ([PresencePenalty(0.6)], [2.4, 2.0, -1.6, 0.5, -0.5]),
        ([RepetitionPenalty(1.3), FrequencyPenalty(0.4), PresencePenalty(0.6)], [0.907692, 2.0, -2.3, 0.5, -0.5]),
    ):
        assert Sampler([*steps, Temperature(1)]).apply(logits, history) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("history, n, banned", [([1, 2, 3, 1, 2], 2, {3}), ([1, 2, 3, 1, 2], 3, {3}),
                                                ([5, 6, 7, 5, 6, 8, 5, 6], 3, {7, 8}), ([4, 4, 4], 2, {4}),
                                                ([1, 2], 3, set())])
def test_t18_n_grams(history, n, banned):
    logits = Sampler([NoRepeatNgram(n), Temperature(1)]).apply(np.zeros(10), history)
    assert set(np.flatnonzero(np.isneginf(logits))) == banned


def test_bias_and_bans():
    left = Sampler([LogitBias({1: 5, 2: -math.inf}), BannedTokens([0]), Temperature(1)]).apply(T4)
    assert left == pytest.approx([-math.inf, 6.5, -math.inf, 0, -1])


def test_typical_keeps_what_is_near_the_entropy():
    logits = np.log([0.5, 0.2, 0.2, 0.1])
    assert np.flatnonzero(Sampler([Typical(0.39)]).distribution(logits)).tolist() == [1, 2]


@pytest.mark.parametrize("steps", [[Temperature(-1)], [Temperature(math.nan)], [TopP(0)], [TopP(1.1)], [MinP(2)],
                                   [RepetitionPenalty(0)], [NoRepeatNgram(0)], [BannedTokens([5])],
                                   [LogitBias({-1: 1})], [LogitBias({0: math.nan})]])
def test_parameters_out_of_range(steps):
    with pytest.raises(ondol.Error) as caught:
        Sampler(steps).distribution(T4)
    assert caught.value.code == "invalid_argument"


@pytest.mark.parametrize("logits", [[math.nan, 1], [math.inf, 0], [-math.inf, -math.inf], []])
def test_no_distribution(logits):
    with pytest.raises(ondol.Error) as caught:
        Sampler([Temperature(1)]).sample(logits)
    assert caught.value.code == "numeric"


def test_steps_are_values():
    assert TopK(3) == TopK(3) != TopK(4)
    assert Sampler([TopK(3)], 5) == Sampler([TopK(3)], 5) != Sampler([TopK(3)], 6)
    assert repr(Sampler([Temperature(0.5), TopK(40)])) == "<ondol.Sampler temperature 0.5, top_k 40>"
    assert Sampler([TopK(3)], 5).steps == [TopK(3)]
