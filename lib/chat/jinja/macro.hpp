#pragma once

#include "chat/jinja/interpreter.hpp"

namespace ondol::jinja {

/// A macro with the scope it was defined in.
class Macro final : public Object {
 public:
  Macro(const MacroNode& node, std::shared_ptr<Scope> scope) : node_(node), scope_(std::move(scope)) {}
  [[nodiscard]] std::string_view type_name() const noexcept override { return "Macro"; }
  void append_repr(TextBuilder& out) const override;
  [[nodiscard]] std::optional<Value> attribute(Interpreter& in, std::string_view name) override;
  [[nodiscard]] bool callable() const noexcept override { return true; }
  Value call(Interpreter& in, Arguments& arguments) override;

 private:
  const MacroNode& node_;
  std::shared_ptr<Scope> scope_;
};

}  // namespace ondol::jinja
