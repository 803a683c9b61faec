"""The stubs say what the module has."""

import ast
from pathlib import Path

import ondol
from ondol import _ondol


def test_every_name_has_a_stub():
    folder = Path(ondol.__file__).parent
    assert (folder / "py.typed").is_file()
    tree = ast.parse((folder / "_ondol.pyi").read_text())
    stubs = {node.name: node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    for name, value in vars(_ondol).items():
        if name.startswith("__"):
            continue
        assert name in stubs, name
        if isinstance(value, type):
            known = {n.name for n in stubs[name].body if isinstance(n, ast.FunctionDef)}
            known |= {n.target.id for n in stubs[name].body if isinstance(n, ast.AnnAssign)}
            missing = {m for m in vars(value) if not m.startswith("_")} - known
            assert not missing, f"{name}: {missing}"


def test_public_names():
    promised = {"Model", "Tokenizer", "ChatTemplate", "KVCache", "Sampler", "Chat", "Error", "demo_model"}
    assert promised <= set(ondol.__all__)
    for name in ondol.__all__:
        assert getattr(ondol, name) is not None
