#include <fmt/format.h>

#include "chat/jinja/ast.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/macro.hpp"
#include "chat/jinja/markup.hpp"
#include "chat/jinja/show.hpp"

namespace ondol::jinja {
namespace {

/// A filter of a block, or a chain of them.
Value apply(Interpreter& in, const Expression& filter, const Value& value) {
  return static_cast<const Application&>(filter).apply(in, &value);
}

}  // namespace

Flow Data::run(Interpreter& in) const {
  in.out->append(text);
  return Flow::next;
}

Flow Output::run(Interpreter& in) const {
  for (const auto& expression : values) {
    in.at = expression->at;
    const Value value = in.eval(*expression);
    if (in.autoescape && !(value.text() && value.text()->markup())) {
      in.out->append(escape_html(in.limits, to_text(in.limits, value)));
    } else {
      append_str(*in.out, value);
    }
  }
  return Flow::next;
}

Flow If::run(Interpreter& in) const {
  for (const auto& [condition, block] : branches) {
    if (truth(in.eval(*condition))) return in.run(block);
  }
  return in.run(otherwise);
}

Flow Set::run(Interpreter& in) const {
  in.at = value->at;
  assign(in, target, in.eval(*value));
  return Flow::next;
}

Flow SetBlock::run(Interpreter& in) const {
  Flow flow = Flow::next;
  const auto inner = in.inner_scope(frame);
  const auto text = in.capture(body, inner, &flow);
  if (!text) return flow;
  Value value(*text);
  if (filter) {
    const ScopeGuard guard(in, inner);
    value = apply(in, *filter, value);
  }
  assign(in, target, value);
  return flow;
}

Flow MacroStatement::run(Interpreter& in) const {
  in.limits.step(2);
  in.scope->set(symbol, ObjectPtr(std::make_shared<Macro>(macro, in.capture_scope())));
  return Flow::next;
}

Flow CallBlock::run(Interpreter& in) const {
  const Value macro = ObjectPtr(std::make_shared<Macro>(caller, in.capture_scope()));
  append_str(*in.out, call->call(in, &macro));
  return Flow::next;
}

Flow FilterBlock::run(Interpreter& in) const {
  Flow flow = Flow::next;
  const auto inner = in.inner_scope(frame);
  const auto text = in.capture(body, inner, &flow);
  if (!text) return flow;
  const ScopeGuard guard(in, inner);  // the filter's arguments see what the body assigned
  append_str(*in.out, apply(in, *filter, *text));
  return flow;
}

Flow With::run(Interpreter& in) const {
  const auto inner = in.inner_scope(frame);
  for (const auto& [target, expression] : variables) {
    const Value value = in.eval(*expression);
    const ScopeGuard guard(in, inner);
    assign(in, target, value);
  }
  const ScopeGuard guard(in, inner);
  return in.run(body);
}

Flow Section::run(Interpreter& in) const {
  if (!top) {
    const ScopeGuard guard(in, in.inner_scope(frame));
    return in.run(body);
  }
  // A block sees what was passed where the top level has not assigned it yet, even what is hidden there.
  const auto inner = std::make_shared<Scope>(in.root);
  for (const auto& [symbol, undefined] : in.root_frame->hidden) {
    const Value* now = in.root->find(symbol);
    const bool still_hidden = now && now->is_undefined() && now->undefined().message == undefined.undefined().message;
    if (still_hidden && in.inputs[symbol]) inner->set(symbol, *in.inputs[symbol]);
  }
  in.hide(frame, *inner);
  const ScopeGuard guard(in, inner);
  return in.run(body);
}

Flow AutoEscape::run(Interpreter& in) const {
  const ScopeGuard guard(in, in.inner_scope(frame));
  const bool outer = std::exchange(in.autoescape, truth(in.eval(*on)));
  const Flow flow = in.run(body);
  in.autoescape = outer;
  return flow;
}

Flow OtherTemplate::run(Interpreter& in) const {
  in.at = at;
  throw Failure(fmt::format("'{}' needs another template, and a chat template has none", tag));
}

}  // namespace ondol::jinja
