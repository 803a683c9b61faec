#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "files/gguf.hpp"

namespace ondol::gguf {

/// What the keys split.no, split.count and split.tensors.count of a file say; a whole model is part 0 of 1.
struct Split {
  std::uint64_t number = 0;  ///< from 0
  std::uint64_t count = 1;
  std::optional<std::uint64_t> tensors;  ///< of all parts together
};

/// @throws Error bad_file: values of another type, or a number that is not below the count.
[[nodiscard]] Split read_split(const File& file, std::string_view path);

/// Path of part `number` (from 0) beside `path`, which has to be named like its own part: "x-00002-of-00003.gguf".
/// Only the name of the given file is used, never text from inside of a file.
/// @throws Error bad_file: `path` is not named like part `own`.
[[nodiscard]] std::string part_path(std::string_view path, const Split& own, std::uint64_t number);

}  // namespace ondol::gguf
