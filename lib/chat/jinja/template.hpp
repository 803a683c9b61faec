#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/jinja/ast.hpp"
#include "chat/jinja/interpreter.hpp"

namespace ondol::jinja {

/// A parsed template. Immutable; any number of renderings may run at a time.
class Template {
 public:
  /// @throws Failure with the byte of `source`.
  explicit Template(std::string_view source);

  struct Result {
    std::string text;
    std::vector<TextRange> content;
  };
  /// @param variables what the template sees; names that are not here may be functions.
  /// @throws Failure with the byte of the source.
  [[nodiscard]] Result render(const std::vector<std::pair<std::string, Value>>& variables,
                              const Interpreter::Settings& settings) const;

 private:
  std::vector<std::string> symbols_;
  Frame frame_;
  Block body_;
};

}  // namespace ondol::jinja
