"""Storage types against the pip package `gguf`, whose expansion is another one than ours."""

from pathlib import Path

import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

import codebooks
import ondol

PEER = {t.name: t for t in GGMLQuantizationType}
NO_PEER = {"Q1_0", "Q2_0", "F8_E4M3", "F8_E5M2", "I8", "I16", "I32", "I64", "F64", "U8", "BOOL"}
OURS = {t.name: t for t in ondol.storage_types()}


def same_bits(a, b):
    """Also of zeros; any NaN for any NaN."""
    a, b = np.ascontiguousarray(a, np.float32), np.ascontiguousarray(b, np.float32)
    return a.shape == b.shape and np.all((a.view(np.uint32) == b.view(np.uint32)) | (np.isnan(a) & np.isnan(b)))


def test_block_sizes():
    for name, kind in OURS.items():
        if PEER.get(name) in GGML_QUANT_SIZES:
            assert (kind.block_weights, kind.block_bytes) == GGML_QUANT_SIZES[PEER[name]], name


@pytest.mark.parametrize("name", sorted(OURS.keys() - NO_PEER))
def test_any_bytes_mean_the_same_values(name):
    kind = OURS[name]
    rng = np.random.default_rng(kind.block_bytes)
    blocks = rng.integers(0, 256, (64, 5 * kind.block_bytes), dtype=np.uint8)
    values = ondol.dequantize(name, blocks)
    assert values.shape == (64, 5 * kind.block_weights)
    with np.errstate(invalid="ignore", over="ignore"):
        peer = quants.dequantize(blocks, PEER[name])
    assert same_bits(values, np.float32(peer))
    assert same_bits(ondol.dequantize(name.lower(), blocks.tobytes()), np.float32(peer).ravel())


def test_every_byte_of_what_the_peer_does_not_have():
    codes = np.arange(256, dtype=np.uint8)
    e5m2 = (codes.astype(np.uint16) << 8).view(np.float16).astype(np.float32)
    assert same_bits(ondol.dequantize("F8_E5M2", codes), e5m2)
    sign, exponent, mantissa = np.where(codes >> 7, -1.0, 1.0), codes >> 3 & 15, codes & 7
    e4m3 = sign * np.where(exponent == 0, mantissa * 2.0**-9, (8 + mantissa) * 2.0 ** (exponent.astype(float) - 10))
    e4m3[[0x7F, 0xFF]] = np.nan
    assert same_bits(ondol.dequantize("F8_E4M3", codes), e4m3)
    half = np.float16(-0.37)
    block = np.frombuffer(half.tobytes() + codes[:16].tobytes(), np.uint8)
    bits = np.unpackbits(codes[:16], bitorder="little")
    assert same_bits(ondol.dequantize("Q1_0", block), np.where(bits, np.float32(half), -np.float32(half)))
    levels = (codes[:16, None] >> np.array([0, 2, 4, 6]) & 3).ravel() - np.float32(1)
    assert same_bits(ondol.dequantize("Q2_0", block), np.float32(half) * levels)
    for name, dtype in [("I8", "i1"), ("I16", "<i2"), ("I32", "<i4"), ("I64", "<i8"), ("F64", "<f8"), ("U8", "u1")]:
        numbers = np.array([0, 1, 100, 127]).astype(dtype)
        assert same_bits(ondol.dequantize(name, numbers.view(np.uint8)), numbers)


def test_what_is_wrong_is_named():
    with pytest.raises(ondol.Error, match='storage type is "q9_k", expected one of F32, F16, Q4_0.*BOOL'):
        ondol.dequantize("q9_k", b"")
    with pytest.raises(ondol.Error, match="a row of Q4_0 has 19 bytes, expected a multiple of 18"):
        ondol.dequantize("Q4_0", bytes(19))
    with pytest.raises(ondol.Error, match="a row of Q4_0 has 9 bytes"):
        ondol.dequantize("Q4_0", np.zeros((2, 9), np.uint8))
    with pytest.raises(TypeError, match="uint8"):
        ondol.dequantize("Q4_0", np.zeros(18, np.float32))
    assert ondol.dequantize("Q4_0", b"").shape == (0,)
    assert ondol.dequantize("Q4_0", np.zeros((0, 36), np.uint8)).shape[0] == 0
    assert ondol.storage_type("iq2_xxs").bits_per_weight == 2.0625


QUANTISED = sorted(name for name, kind in OURS.items() if kind.quantizable and kind.block_weights > 1)


@pytest.mark.parametrize("name", QUANTISED)
def test_what_is_quantised_means_the_same_to_the_peer(name):
    kind = OURS[name]
    rng = np.random.default_rng(1)
    weights = rng.normal(0, 0.1, (3, 4, 512)).astype(np.float32)
    importance = rng.lognormal(0, 1, 512).astype(np.float32)
    blocks = ondol.quantize(name.lower(), weights, importance)
    assert blocks.dtype == np.uint8
    assert blocks.shape == (3, 4, 512 // kind.block_weights * kind.block_bytes)
    values = ondol.dequantize(name, blocks)
    assert values.shape == weights.shape
    error = np.sqrt(np.mean((values - weights) ** 2) / np.mean(weights**2))
    assert error <= 0.66 if kind.bits_per_weight < 2 else error <= 4 * 2.0**-kind.bits_per_weight
    if name not in NO_PEER:
        assert same_bits(values, np.float32(quants.dequantize(blocks, PEER[name])))
    assert np.array_equal(blocks, ondol.quantize(name, weights, importance, runtime=ondol.Runtime(threads=1)))
    assert np.array_equal(blocks[1], ondol.quantize(name, weights[1], importance))


@pytest.mark.parametrize("name", ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"])
def test_plain_types_are_rounded_as_the_peer_rounds(name):
    weights = np.random.default_rng(2).normal(0, 1, (64, 256)).astype(np.float32)
    peer = quants.quantize(weights, PEER[name])
    assert np.array_equal(ondol.quantize(name, weights), np.ascontiguousarray(peer).view(np.uint8).reshape(64, -1))


def test_what_cannot_be_quantised_is_named():
    weights = np.ones((2, 256), np.float32)
    with pytest.raises(ondol.Error, match="IQ1_S needs the importance of each column"):
        ondol.quantize("IQ1_S", weights)
    with pytest.raises(ondol.Error, match="I32 holds no weights"):
        ondol.quantize("I32", weights)
    with pytest.raises(ondol.Error, match="48 weights a row, which Q4_0 stores in blocks: expected a multiple of 32"):
        ondol.quantize("Q4_0", weights[:, :48])
    with pytest.raises(ondol.Error, match="importance has 3 numbers, expected 256"):
        ondol.quantize("Q4_0", weights, [1, 2, 3])
    weights[1, 5] = np.nan
    with pytest.raises(ondol.Error, match="row 1, column 5 is nan"):
        ondol.quantize("Q4_0", weights)
    assert OURS["IQ2_XXS"].needs_importance and not OURS["IQ2_S"].needs_importance


def test_the_codebooks_are_those_of_the_peer(capsys):
    codebooks.main()
    assert (Path(__file__).parents[2] / "lib/formats/codebooks.inc").read_text() == capsys.readouterr().out
