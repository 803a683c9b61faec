#pragma once

#include "base/json.hpp"
#include "models/registry.hpp"

namespace ondol {

/// config.json of a model for a folder: its own where it went along in a GGUF file, else what keys and tensors say,
/// under the names of the family. @throws Error unsupported: what config.json cannot say.
[[nodiscard]] Json written_config(const WeightSource& source, const Config& config, const Family& family);

/// Whether a config.json makes the network that a GGUF file's keys make.
[[nodiscard]] bool says_the_same(const Config& written, const Family& family, const Config& keys);

/// Whether two recipes differ in nothing but what stands elsewhere: factors of the rotary embedding, which GGUF files
/// hold as tensors, and layers that predict further tokens, which stay behind.
[[nodiscard]] bool same_network(const Recipe& a, const Recipe& b);

}  // namespace ondol
