#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "chat/jinja/ast.hpp"
#include "chat/jinja/limits.hpp"
#include "chat/jinja/objects.hpp"
#include "chat/jinja/value.hpp"

namespace ondol::jinja {

/// Variables of one level; what is not here is in the parent.
struct Scope {
  explicit Scope(std::shared_ptr<Scope> parent_scope) : parent(std::move(parent_scope)) {}
  [[nodiscard]] const Value* find(Symbol symbol) const noexcept {
    for (const Scope* scope = this; scope; scope = scope->parent.get()) {
      for (const auto& [name, value] : scope->variables) {
        if (name == symbol) return &value;
      }
    }
    return nullptr;
  }
  void set(Symbol symbol, Value value) {
    for (auto& [name, old] : variables) {
      if (name == symbol) {
        old = std::move(value);
        return;
      }
    }
    variables.emplace_back(symbol, std::move(value));
  }

  std::shared_ptr<Scope> parent;
  std::vector<std::pair<Symbol, Value>> variables;
  bool captured = false;  ///< a macro refers to it
};

/// The state of one rendering.
class Interpreter {
 public:
  struct Settings {
    std::uint64_t max_steps;
    std::uint64_t max_output;
    std::uint32_t max_calls;
    std::optional<std::chrono::sys_seconds> now;
  };
  explicit Interpreter(const Settings& settings)
      : limits(settings.max_steps, settings.max_output), now(settings.now), max_calls_(settings.max_calls) {}
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;
  ~Interpreter();

  Value eval(const Expression& expression);
  Flow run(const Block& block);

  /// Runs the block in `inner`, with its output as the result; nothing if it left a loop around it.
  std::optional<Text> capture(const Block& block, std::shared_ptr<Scope> inner, Flow* flow = nullptr);
  [[nodiscard]] std::shared_ptr<Scope> inner_scope() const { return std::make_shared<Scope>(scope); }
  /// The current scope, for a macro to keep.
  std::shared_ptr<Scope> capture_scope();
  std::shared_ptr<Namespace> make_namespace();

  /// Counts a nested call for as long as it lives.
  class CallLevel {
   public:
    explicit CallLevel(Interpreter& in);
    ~CallLevel() { --in_.calls_; }
    CallLevel(const CallLevel&) = delete;
    CallLevel& operator=(const CallLevel&) = delete;

   private:
    Interpreter& in_;
  };

  Limits limits;
  std::optional<std::chrono::sys_seconds> now;
  std::shared_ptr<Scope> scope;
  std::shared_ptr<Scope> root;  ///< the template's top level
  TextBuilder* out = nullptr;
  std::int64_t at = -1;  ///< byte of the source that is being run
  bool autoescape = false;

 private:
  class Level;
  std::uint32_t levels_ = 0;
  std::uint32_t calls_ = 0;
  std::uint32_t max_calls_;
  std::vector<std::shared_ptr<Scope>> captured_;
  std::vector<std::shared_ptr<Namespace>> namespaces_;
};

/// Runs with another scope for as long as it lives.
class ScopeGuard {
 public:
  ScopeGuard(Interpreter& in, std::shared_ptr<Scope> scope) : in_(in), outer_(std::move(in.scope)) {
    in.scope = std::move(scope);
  }
  ~ScopeGuard() { in_.scope = std::move(outer_); }
  ScopeGuard(const ScopeGuard&) = delete;
  ScopeGuard& operator=(const ScopeGuard&) = delete;

 private:
  Interpreter& in_;
  std::shared_ptr<Scope> outer_;
};

/// Assigns a value to names, tuples of names, attributes of namespaces.
void assign(Interpreter& in, const Target& target, const Value& value);

}  // namespace ondol::jinja
