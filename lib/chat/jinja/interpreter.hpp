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
#include "chat/jinja/scope.hpp"
#include "chat/jinja/value.hpp"

namespace ondol::jinja {

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

  /// A variable, an input or a function; nullptr if there is none.
  [[nodiscard]] const Value* find(Symbol symbol) const noexcept {
    if (const Value* found = scope->find(symbol)) return found;
    return symbol < inputs.size() && inputs[symbol] ? &*inputs[symbol] : nullptr;
  }

  Value eval(const Expression& expression);
  Flow run(const Block& block);

  /// Runs the block in `inner`, with its output as the result; nothing if it left a loop around it.
  std::optional<Text> capture(const Block& block, std::shared_ptr<Scope> inner, Flow* flow = nullptr);
  /// A scope for a frame inside of the current one, or of `parent`.
  [[nodiscard]] std::shared_ptr<Scope> inner_scope(const Frame& frame) const { return inner_scope(frame, scope); }
  [[nodiscard]] std::shared_ptr<Scope> inner_scope(const Frame& frame, std::shared_ptr<Scope> parent) const {
    auto inner = std::make_shared<Scope>(std::move(parent));
    hide(frame, *inner);
    return inner;
  }
  /// Makes the frame's hidden names undefined; those that nobody passed are so by themselves.
  void hide(const Frame& frame, Scope& inner) const {
    for (const auto& [symbol, undefined] : frame.hidden) {
      if (inputs[symbol]) inner.set(symbol, undefined);
    }
  }
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
  std::vector<std::optional<Value>> inputs;  ///< by symbol
  std::shared_ptr<Scope> scope;
  std::shared_ptr<Scope> root;  ///< the template's top level
  const Frame* root_frame = nullptr;
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
