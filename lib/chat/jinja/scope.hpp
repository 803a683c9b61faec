#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chat/jinja/ast.hpp"
#include "chat/jinja/value.hpp"

namespace ondol::jinja {

/// Variables of one level; what is not here is in the parent.
class Scope {
 public:
  explicit Scope(std::shared_ptr<Scope> parent) : parent_(std::move(parent)) {}

  /// Here or in a parent; nullptr if nowhere.
  [[nodiscard]] const Value* find(Symbol symbol) const noexcept {
    for (const Scope* scope = this; scope; scope = scope->parent_.get()) {
      const std::size_t place = scope->place(symbol);
      if (place < scope->variables_.size()) return &scope->variables_[place].second;
    }
    return nullptr;
  }
  void set(Symbol symbol, Value value) {
    const std::size_t found = place(symbol);
    if (found < variables_.size()) {
      variables_[found].second = std::move(value);
      return;
    }
    variables_.emplace_back(symbol, std::move(value));
    if (variables_.size() == indexed_from) {
      for (std::size_t i = 0; i < variables_.size(); ++i) index_.emplace(variables_[i].first, i);
    } else if (variables_.size() > indexed_from) {
      index_.emplace(symbol, variables_.size() - 1);
    }
  }
  void clear() {
    variables_.clear();
    index_.clear();
  }

  bool captured = false;  ///< a macro refers to it

 private:
  static constexpr std::size_t indexed_from = 16;

  [[nodiscard]] std::size_t place(Symbol symbol) const noexcept {
    if (variables_.size() >= indexed_from) {
      const auto found = index_.find(symbol);
      return found == index_.end() ? variables_.size() : found->second;
    }
    std::size_t i = 0;
    while (i < variables_.size() && variables_[i].first != symbol) ++i;
    return i;
  }

  std::shared_ptr<Scope> parent_;
  std::vector<std::pair<Symbol, Value>> variables_;
  std::unordered_map<Symbol, std::size_t> index_;  // only where a walk would be slow
};

}  // namespace ondol::jinja
