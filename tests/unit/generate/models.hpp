#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "ondol/generate.hpp"

namespace test {

/// stories260K, loaded once each: as it comes, and with its cache in float32 too.
const ondol::Model& stories();
const ondol::Model& stories_exact();

/// SmolLM2's file: $ONDOL_DEMO_MODEL, or where ondol.demo_model() puts it.
std::string smollm2_path();
bool has_smollm2();
/// Loaded once each: as the numbers of EXAMPLES.md were made (exact, cache in float32), and as it comes.
const ondol::Model& smollm2_exact();
const ondol::Model& smollm2_fast();

/// A file of reference numbers ("examples/examples.json"), read once.
const ondol::Json& reference(const std::string& name);

/// Of reference numbers.
std::vector<ondol::Token> ids(const ondol::Json& array);
std::vector<double> numbers(const ondol::Json& array);
double number(const ondol::Json& value);
std::string text(const ondol::Json& value);

}  // namespace test
