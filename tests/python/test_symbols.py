"""The C library exports what ondol.h declares and nothing else; what it declares is written down in capi/ondol.abi."""

import subprocess

import c_library


def exported():
    lines = subprocess.run(
        ["nm", "--dynamic", "--defined-only", "--with-symbol-versions", c_library.LIBRARY],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines()
    return [(kind, name) for _, kind, name in (line.split() for line in lines)]


def test_exported_symbols_are_the_headers():
    declared = {f"{function.name}@@ONDOL_0" for function in c_library.functions()}
    assert len(declared) > 100
    functions = {name for kind, name in exported() if kind == "T"}
    others = {(kind, name) for kind, name in exported() if kind != "T"}
    assert functions == declared
    assert others == {("A", "ONDOL_0")}  # the version itself


def test_interface_is_the_one_written_down():
    written = (c_library.CHECKOUT / "capi" / "ondol.abi").read_text().splitlines()
    assert sorted(map(str, c_library.functions())) == written


def test_signatures_are_for_every_language():
    allowed = set(c_library.SCALARS) | {
        "ondol_log_function", "ondol_allocate_function", "ondol_release_function", "ondol_destroy_function"
    }
    for function in c_library.functions():
        assert "..." not in function.parameters, function
        for name in (function.result, *function.parameters):
            assert name.endswith("*") or name in allowed, function  # no structs by value, no bool, no enum
        if function.result == "ondol_status" and function.name != "ondol_error_code":
            assert function.parameters[-1] == "ondol_error**", function
        if function.name.endswith("_free"):
            assert function.result == "void" and len(function.parameters) == 1, function


def test_needs_no_openmp_of_its_own_name():
    needed = subprocess.run(["readelf", "--dynamic", c_library.LIBRARY], check=True, capture_output=True, text=True).stdout
    assert "libondol_c.so.0" in needed  # SONAME
    assert "libgomp" not in needed
