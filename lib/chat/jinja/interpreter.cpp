#include "chat/jinja/interpreter.hpp"

#include <fmt/format.h>

#include "chat/jinja/access.hpp"

namespace ondol::jinja {
namespace {

/// Nested nodes under evaluation: bounds the machine's stack, at some 300 bytes each.
constexpr std::uint32_t max_levels = 1500;

}  // namespace

class Interpreter::Level {
 public:
  explicit Level(Interpreter& in) : in_(in) {
    if (++in_.levels_ > max_levels) {
      --in_.levels_;
      throw Failure(fmt::format("the template nests calls and blocks more than {} deep", max_levels));
    }
  }
  ~Level() { --in_.levels_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  Interpreter& in_;
};

Interpreter::CallLevel::CallLevel(Interpreter& in) : in_(in) {
  if (++in_.calls_ > in_.max_calls_) {
    --in_.calls_;
    throw Failure(fmt::format("the template nests calls more than {} deep (max_depth)", in_.max_calls_));
  }
}

Interpreter::~Interpreter() {
  for (const auto& scope : captured_) scope->clear();
  for (const auto& space : namespaces_) space->clear();
}

Value Interpreter::eval(const Expression& expression) {
  const Level level(*this);
  limits.step();
  return expression.eval(*this);
}

Flow Interpreter::run(const Block& block) {
  const Level level(*this);
  for (const auto& statement : block) {
    limits.step();
    if (const Flow flow = statement->run(*this); flow != Flow::next) return flow;
  }
  return Flow::next;
}

std::optional<Text> Interpreter::capture(const Block& block, std::shared_ptr<Scope> inner, Flow* left) {
  TextBuilder text(limits);
  TextBuilder* const outer = std::exchange(out, &text);
  Flow flow = Flow::next;
  try {
    const ScopeGuard guard(*this, std::move(inner));
    flow = run(block);
  } catch (...) {
    out = outer;
    throw;
  }
  out = outer;
  if (left) *left = flow;
  if (flow != Flow::next) return std::nullopt;
  return text.finish(autoescape);
}

std::shared_ptr<Scope> Interpreter::capture_scope() {
  if (!std::exchange(scope->captured, true)) captured_.push_back(scope);
  return scope;
}

std::shared_ptr<Namespace> Interpreter::make_namespace() {
  limits.step(2);  // it lives until the end
  namespaces_.push_back(std::make_shared<Namespace>());
  return namespaces_.back();
}

void assign(Interpreter& in, const Target& target, const Value& value) {
  switch (target.kind) {
    case Target::Kind::name: in.scope->set(target.symbol, value); return;
    case Target::Kind::attribute: {
      const Value* owner = in.find(target.symbol);
      auto* space = owner ? owner->object_as<Namespace>() : nullptr;
      if (!space) throw Failure("cannot assign attribute on non-namespace object");
      space->set(target.name, value);
      return;
    }
    case Target::Kind::tuple: break;
  }
  const ListPtr items = items_of(in, value);
  const std::size_t found = items->items.size();
  const std::size_t expected = target.parts.size();
  if (found > expected) throw Failure(fmt::format("too many values to unpack (expected {})", expected));
  if (found < expected) {
    throw Failure(fmt::format("not enough values to unpack (expected {}, got {})", expected, found));
  }
  for (std::size_t i = 0; i < expected; ++i) assign(in, target.parts[i], items->items[i]);
}

}  // namespace ondol::jinja
