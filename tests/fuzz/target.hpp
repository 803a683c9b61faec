#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// A fuzz target is one file of this folder, named as the reader of untrusted bytes that it feeds; it defines these
/// two. With Clang it becomes a libFuzzer program; with another compiler replay.cpp runs it over its seeds, as they are
/// and mutated: `fuzz_gguf --runs 10000 --seed 7` or `fuzz_gguf crash-input`.

/// Feeds one input. Returns 0; an exception other than ondol::Error, a sanitizer's finding or ten seconds without an
/// end are defects.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Inputs to begin with: good ones, small.
std::vector<std::string> fuzz_seeds();
