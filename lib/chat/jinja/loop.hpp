#pragma once

#include "chat/jinja/interpreter.hpp"

namespace ondol::jinja {

/// The `loop` of a for block.
class Loop final : public Object {
 public:
  Loop(const For& node, ListPtr list, std::int64_t depth0, std::shared_ptr<Scope> scope)
      : node_(node), items_(std::move(list)), depth0_(depth0), scope_(std::move(scope)) {}
  [[nodiscard]] std::string_view type_name() const noexcept override { return "LoopContext"; }
  void append_repr(TextBuilder& out) const override;
  [[nodiscard]] std::optional<Value> attribute(Interpreter& in, std::string_view name) override;
  [[nodiscard]] bool callable() const noexcept override { return true; }
  /// A recursive loop's body over further items.
  Value call(Interpreter& in, Arguments& arguments) override;
  [[nodiscard]] bool iterable() const noexcept override { return true; }
  [[nodiscard]] std::optional<std::size_t> length() override { return items_->items.size(); }
  [[nodiscard]] std::uint32_t depth() const noexcept override { return items_->depth + 1; }

  void move_to(std::size_t index) noexcept { index_ = index; }
  bool changed(Interpreter& in, Values values);
  [[nodiscard]] std::size_t index() const noexcept { return index_; }

 private:
  const For& node_;
  ListPtr items_;
  std::size_t index_ = 0;
  std::int64_t depth0_;
  std::shared_ptr<Scope> scope_;  // of a recursive loop: what it runs in
  std::optional<Value> last_changed_;
};

}  // namespace ondol::jinja
