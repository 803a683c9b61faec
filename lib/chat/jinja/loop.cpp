#include "chat/jinja/loop.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "chat/jinja/access.hpp"
#include "chat/jinja/operators.hpp"

namespace ondol::jinja {

void Loop::append_repr(TextBuilder& out) const {
  out.append(fmt::format("<LoopContext {}/{}>", index_ + 1, items_->items.size()));
}

std::optional<Value> Loop::attribute(Interpreter&, std::string_view name) {
  const Values& items = items_->items;
  if (name == "index") return index_ + 1;
  if (name == "index0") return index_;
  if (name == "first") return index_ == 0;
  if (name == "last") return index_ + 1 == items.size();
  if (name == "length") return items.size();
  if (name == "revindex") return items.size() - index_;
  if (name == "revindex0") return items.size() - index_ - 1;
  if (name == "previtem") return index_ > 0 ? items[index_ - 1] : undefined("there is no previous item");
  if (name == "nextitem") return index_ + 1 < items.size() ? items[index_ + 1] : undefined("there is no next item");
  if (name == "depth") return depth0_ + 1;
  if (name == "depth0") return depth0_;
  if (name == "cycle") {
    return ObjectPtr(std::make_shared<BoundCall>(shared_from_this(), [](Object& self, Interpreter&, Arguments& a) {
      if (a.positional.empty()) throw Failure("no items for cycling given");
      return a.positional[static_cast<Loop&>(self).index() % a.positional.size()];
    }));
  }
  if (name == "changed") {
    return ObjectPtr(std::make_shared<BoundCall>(shared_from_this(), [](Object& self, Interpreter& in, Arguments& a) {
      return Value(static_cast<Loop&>(self).changed(in, std::move(a.positional)));
    }));
  }
  return std::nullopt;
}

bool Loop::changed(Interpreter& in, Values values) {
  const Value now = make_tuple(std::move(values));
  if (last_changed_ && equal(in, *last_changed_, now)) return false;
  last_changed_ = now;
  return true;
}

Value Loop::call(Interpreter& in, Arguments& arguments) {
  if (!node_.recursive) throw Failure("The loop must have the 'recursive' marker to be called recursively.");
  if (arguments.positional.size() != 1) throw Failure("loop() takes exactly one argument");
  const Interpreter::CallLevel level(in);
  TextBuilder text(in.limits);
  TextBuilder* const outer = std::exchange(in.out, &text);
  try {
    const ScopeGuard guard(in, scope_);
    node_.loop(in, arguments.positional[0], depth0_ + 1);
  } catch (...) {
    in.out = outer;
    throw;
  }
  in.out = outer;
  return text.finish(in.autoescape);
}

Flow For::run(Interpreter& in) const {
  in.at = iterable->at;
  return loop(in, in.eval(*iterable), 0);
}

Flow For::loop(Interpreter& in, const Value& value, std::int64_t depth) const {
  in.at = iterable->at;
  ListPtr list = items_of(in, value);
  if (condition) {
    Values kept;
    for (const Value& item : list->items) {
      in.limits.step();
      const ScopeGuard guard(in, in.inner_scope(condition_frame));
      assign(in, target, item);
      if (truth(in.eval(*condition))) kept.push_back(item);
    }
    list = make_list(std::move(kept)).list_pointer();
  }
  const auto state = std::make_shared<Loop>(*this, list, depth, recursive ? in.capture_scope() : nullptr);
  const std::shared_ptr<Scope> outer = in.scope;
  std::shared_ptr<Scope> inner;
  bool completed = false;  // as in Jinja2, a body that always breaks or continues counts as no body: `else` runs
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    in.limits.step();
    if (inner && inner.use_count() == 1) {
      inner->clear();
    } else {
      inner = std::make_shared<Scope>(outer);
    }
    in.hide(body_frame, *inner);
    state->move_to(i);
    inner->set(symbol_loop, ObjectPtr(state));
    const ScopeGuard guard(in, inner);
    assign(in, target, list->items[i]);
    const Flow flow = in.run(body);
    if (flow == Flow::break_loop) break;
    completed |= flow == Flow::next;
  }
  if (completed || otherwise.empty()) return Flow::next;
  const ScopeGuard guard(in, in.inner_scope(otherwise_frame));
  return in.run(otherwise);
}

}  // namespace ondol::jinja
