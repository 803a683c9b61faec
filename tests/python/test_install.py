"""Programs built against the installed package: CMake and pkg-config, C and C++."""

import os
import subprocess

import pytest

from c_library import BUILD, CHECKOUT

PROGRAMS = CHECKOUT / "tests" / "install"


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", folder)
    return folder


@pytest.fixture(scope="module")
def static_prefix(tmp_path_factory):
    """The same with a static libondol; its layers are compiled as for the shared one."""
    build, folder = BUILD.parent / "static", tmp_path_factory.mktemp("static")
    run("cmake", "-S", CHECKOUT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=OFF",
        "-DONDOL_TESTS=OFF", "-DONDOL_BENCH=OFF")
    run("cmake", "--build", build)
    run("cmake", "--install", build, "--prefix", folder)
    return folder


def build_with_cmake(source, prefix, build):
    run("cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)


def build_with_pkg_config(module, compiler, source, program, prefix):
    found = run("find", prefix, "-name", f"{module}.pc").split()
    assert len(found) == 1
    environment = os.environ | {"PKG_CONFIG_PATH": os.path.dirname(found[0])}
    flags = run("pkg-config", "--cflags", "--libs", module, env=environment).split()
    folder = os.path.dirname(os.path.dirname(found[0]))
    run(*compiler, source, "-o", program, *flags, f"-Wl,-rpath,{folder}")


def answer(program, model):
    return run(program, model)


EXPECTED = "Once upon a time, there was a little girl named Lily."


def check(program, stories_path):
    assert answer(program, stories_path).startswith(EXPECTED)


def test_headers_stand_alone(prefix, tmp_path):
    include = prefix / "include"
    headers = sorted(include.glob("ondol/**/*.hpp"))
    assert {h.name for h in headers} >= {h.name for h in (CHECKOUT / "include" / "ondol").glob("*.hpp")}
    for header in headers:
        unit = tmp_path / "unit.cpp"
        unit.write_text(f'#include "{header.relative_to(include)}"\n')
        run("g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{include}", "-fsyntax-only", unit)
    for language, standard in ("c", "c99"), ("c", "c11"), ("c++", "c++11"), ("c++", "c++20"):
        run("gcc", f"-x{language}", f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only",
            include / "ondol.h")


def test_cmake(prefix, tmp_path, stories_path):
    build_with_cmake(PROGRAMS, prefix, tmp_path)
    check(tmp_path / "complete_c", stories_path)
    check(tmp_path / "complete_cpp", stories_path)


def test_pkg_config(prefix, tmp_path, stories_path):
    build_with_pkg_config("ondol-c", ["gcc", "-std=c99"], PROGRAMS / "complete.c", tmp_path / "c", prefix)
    build_with_pkg_config("ondol", ["g++", "-std=c++20"], PROGRAMS / "complete.cpp", tmp_path / "cpp", prefix)
    check(tmp_path / "c", stories_path)
    check(tmp_path / "cpp", stories_path)


def test_static_library(static_prefix, tmp_path, stories_path):
    build_with_cmake(PROGRAMS, static_prefix, tmp_path / "cmake")
    check(tmp_path / "cmake" / "complete_cpp", stories_path)
    build_with_pkg_config("ondol", ["g++", "-std=c++20"], PROGRAMS / "complete.cpp", tmp_path / "cpp", static_prefix)
    check(tmp_path / "cpp", stories_path)


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_examples_answer(language, prefix, tmp_path, demo_path):
    build_with_cmake(CHECKOUT / "examples" / language, prefix, tmp_path)
    assert answer(tmp_path / "chat", demo_path) == "The capital of France is Paris.\n"
