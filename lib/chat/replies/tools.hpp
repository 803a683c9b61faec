#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace ondol::replies {

/// The tools that the host offers.
class Tools {
 public:
  /// @param json array of definitions ({"type": "function", "function": {"name", "parameters"}}) or of their functions
  ///        alone; empty for none.
  /// @throws Error invalid_argument.
  explicit Tools(std::string_view json);

  [[nodiscard]] bool know(std::string_view tool) const { return properties_.find(tool) != properties_.end(); }
  /// The value of an argument written as text: the text itself where the tool's schema says so, else what it is as
  /// JSON, else the text.
  [[nodiscard]] Json value(std::string_view tool, std::string_view argument, std::string_view text) const;

 private:
  [[nodiscard]] bool is_text(std::string_view tool, std::string_view argument, std::string_view text) const;

  std::map<std::string, Json, std::less<>> properties_;  // of the parameters, by tool
};

}  // namespace ondol::replies
