"""The engines that are measured: where each lives, how it is installed, and the command of one run."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from ondol.demo import cache_folder

SCRIPTS = Path(__file__).parent / "engines"


class NotRun(Exception):
    """Why an engine has no figures."""


@dataclass(frozen=True)
class Kind:
    """A package, and the script that runs it. Without requirements it is this interpreter's."""

    script: str
    module: str = "ondol"
    requirements: tuple = ()
    version: str = ""
    from_source: bool = False
    isa_variables: dict = field(default_factory=dict)  #: what in its environment holds it to an instruction set
    keeps_types: bool = True  #: computes with the file's storage types; else with types of its own


@dataclass(frozen=True)
class Engine:
    """A kind with a setting of it."""

    name: str
    kind: Kind
    setting: str = ""


#: Of what multiplies with oneDNN.
_ONEDNN = {isa: {"ONEDNN_MAX_CPU_ISA": value}
           for isa, value in {"avx2": "AVX2", "avxvnni": "AVX2_VNNI", "avx512": "AVX512_CORE"}.items()}


def _with(name, values):
    """_ONEDNN and the variable of an engine's own kernels."""
    return {isa: {**_ONEDNN[isa], name: value} for isa, value in values.items()}


_ONDOL = Kind("run_ondol.py", isa_variables=_with("ONDOL_ISA", {isa: isa for isa in _ONEDNN}))
_LLAMA_CPP = Kind("run_llama_cpp.py", "llama_cpp", ("llama-cpp-python==0.3.36",), "0.3.36", from_source=True)
_CTRANSLATE2 = Kind("run_ctranslate2.py", "ctranslate2", ("ctranslate2==4.8.5", "gguf>=0.19"), "4.8.5",
                    keeps_types=False,
                    isa_variables=_with("CT2_FORCE_CPU_ISA", {"avx2": "AVX2", "avxvnni": "AVX2", "avx512": "AVX512"}))
_OPENVINO = Kind("run_openvino.py", "openvino_genai", ("openvino-genai==2026.4.1.0",), "2026.4.1.0",
                 isa_variables=_ONEDNN, keeps_types=False)
ENGINES = {engine.name: engine for engine in (
    Engine("ondol", _ONDOL),
    Engine("ondol-exact", _ONDOL, "exact"),
    Engine("llama.cpp", _LLAMA_CPP),  # flash attention as it chooses
    Engine("llama.cpp-flash", _LLAMA_CPP, "flash"),
    Engine("llama.cpp-noflash", _LLAMA_CPP, "noflash"),
    Engine("ctranslate2", _CTRANSLATE2),
    Engine("openvino", _OPENVINO),
)}
_GGML_AVX2 = ("-DGGML_NATIVE=OFF -DGGML_SSE42=ON -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON "
              "-DGGML_BMI2=ON")
#: How llama.cpp, which has no such variable, is built for an instruction set.
_GGML = {
    "": "-DGGML_NATIVE=ON",
    "avx2": _GGML_AVX2,
    "avxvnni": f"{_GGML_AVX2} -DGGML_AVX_VNNI=ON",
    "avx512": f"{_GGML_AVX2} -DGGML_AVX512=ON",
}
ISAS = tuple(_GGML)


def _last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


def _installed(python, kind):
    done = subprocess.run([python, "-c", f"import importlib.metadata as m; import {kind.module}\n"
                           f"print(m.version({kind.requirements[0].split('==')[0]!r}))"], capture_output=True, text=True)
    return done.stdout.strip() == kind.version


class Environment:
    """The peers' virtual environment; one more for each instruction set that llama.cpp is built for."""

    def __init__(self, folder=None, isa=""):
        self.isa = isa
        self.folder = Path(folder) if folder else cache_folder() / "peers"
        self._ready = {}

    def python(self, kind):
        """The interpreter that has `kind`, which is installed if it is not. Raises NotRun."""
        if not kind.requirements:
            return Path(sys.executable)
        if kind.module not in self._ready:
            self._ready[kind.module] = self._install(kind)
        return self._ready[kind.module]

    def _install(self, kind):
        suffix = f"-{self.isa}" if kind.from_source and self.isa else ""
        folder = self.folder.with_name(self.folder.name + suffix)
        python = folder / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        if _installed(python, kind):
            return python
        how = "building" if kind.from_source else "installing"
        print(f"{how} {', '.join(kind.requirements)} in {folder}", file=sys.stderr)
        # Not from pip's cache, which may hold what was built for another instruction set.
        source = ["--no-cache-dir", "--no-binary", kind.requirements[0].split("==")[0]] if kind.from_source else []
        done = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *source,
                               *kind.requirements], capture_output=True, text=True,
                              env={**os.environ, "CMAKE_ARGS": _GGML[self.isa]})
        if not _installed(python, kind):
            raise NotRun(f"{kind.requirements[0]} could not be installed: {_last_line(done.stderr)}")
        return python

    def variables(self, kind):
        """Environment of a run."""
        return {**os.environ, **kind.isa_variables.get(self.isa, {})}

    def command(self, engine, file, case):
        """What runs `engine` once. `file` is a GGUF file, and for CTranslate2 is converted once. Raises NotRun."""
        python = self.python(engine.kind)
        if engine.kind is _CTRANSLATE2:
            file = self._for_ctranslate2(python, Path(file))
        return [str(part) for part in (
            python, SCRIPTS / engine.kind.script, file, "--threads", case.threads, "--prompt", case.prompt, "--generate",
            case.generate, "--depth", case.depth, "--batch", case.batch, "--cache-type", case.cache_type,
            "--setting", engine.setting)]

    @staticmethod
    def _for_ctranslate2(python, file):
        stat = file.stat()
        folder = cache_folder() / "bench" / "ctranslate2" / f"{file.stem}-{stat.st_size}-{stat.st_mtime_ns}"
        if not (folder / "vocabulary.json").exists():
            print(f"converting {file.name} for CTranslate2", file=sys.stderr)
            done = subprocess.run([python, SCRIPTS / "ctranslate2_from_gguf.py", file, folder], capture_output=True,
                                  text=True)
            if done.returncode != 0:
                raise NotRun(f"{file.name} could not be converted: {_last_line(done.stderr)}")
        return folder


def run(command, variables, timeout):
    """One fresh process; its JSON object, with the time from its start to the first token. Raises NotRun."""
    begin = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=variables,
                              timeout=timeout)
    except subprocess.TimeoutExpired:
        raise NotRun(f"not done after {timeout} s") from None
    if done.returncode != 0:
        how = f"ended by signal {-done.returncode}: " if done.returncode < 0 else ""
        raise NotRun(how + _last_line(done.stderr))
    result = json.loads(done.stdout)
    result["process_to_first_token_seconds"] = result.pop("first_token_clock") - begin
    return result
