import json
import os
from pathlib import Path

import numpy as np
import pytest

import ondol

CHECKOUT = Path(__file__).parents[2]
DATA = Path(os.environ.get("ONDOL_TEST_DATA", CHECKOUT.parent / "shared" / "data"))
UNPACKED = Path(os.environ.get("ONDOL_DATA_CACHE", Path.home() / ".cache" / "ondol-test-data"))


def pytest_collection_modifyitems(items):
    if DATA.is_dir():
        return
    for item in items:
        if "data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=f"no reference data in {DATA}"))


@pytest.fixture(scope="session")
def data():
    """Folder of the reference data beside the checkout."""
    return DATA


@pytest.fixture(scope="session")
def unpacked():
    """Folder of the vocabularies that tests/run.sh unpacks."""
    return UNPACKED


@pytest.fixture(scope="session")
def read_json(data):
    return lambda name: json.loads((data / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def demo_path():
    """SmolLM2-135M-Instruct."""
    return os.environ.get("ONDOL_DEMO_MODEL") or ondol.demo_model()


@pytest.fixture(scope="session")
def demo(demo_path):
    return ondol.Model.load(demo_path, threads=2)


@pytest.fixture(scope="session")
def exact(demo_path):
    return ondol.Model.load(demo_path, threads=2, precision="exact", cache_type="f32")


@pytest.fixture(scope="session")
def stories_path(data):
    return str(data / "stories260K" / "stories260K.gguf")


@pytest.fixture(scope="session")
def stories(stories_path):
    return ondol.Model.load(stories_path, threads=2, precision="exact", cache_type="f32")


def relative_rms(x, e):
    """Of logits x against the exact e, rows: README-numbers.md."""
    x, e = np.float64(x), np.float64(e)
    x, e = (a - a.mean(axis=-1, keepdims=True) for a in (x, e))
    return np.sqrt(np.mean((x - e) ** 2) / np.mean(e**2))


def log_softmax(logits):
    logits = np.float64(logits)
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
