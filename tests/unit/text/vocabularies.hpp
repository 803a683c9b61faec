#pragma once

#include <string>
#include <vector>

#include "data.hpp"
#include "ondol/tokenizer.hpp"

namespace test {

/// Vocabularies under data/vocabs.
inline const std::vector<std::string> vocabularies = {
    "gpt-2",  "llama-bpe", "llama-spm", "phi-3", "qwen2",     "qwen35",  "deepseek-llm", "deepseek-coder",
    "falcon", "starcoder", "refact",    "mpt",   "command-r", "gemma-4", "bert-bge"};

/// SmolLM2's file: $ONDOL_DEMO_MODEL, or where ondol.demo_model() puts it; empty if there is none.
std::string demo_model();

/// Each vocabulary is loaded once for all tests; "smollm2" and "stories260K" too.
const ondol::Tokenizer& tokenizer(const std::string& name);
bool has_tokenizer(const std::string& name);

}  // namespace test
