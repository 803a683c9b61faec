#include "chat/jinja/objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/show.hpp"

namespace ondol::jinja {

void Range::append_repr(TextBuilder& out) const {
  out.append(step_ == 1 ? fmt::format("range({}, {})", start_, stop_)
                        : fmt::format("range({}, {}, {})", start_, stop_, step_));
}

std::optional<Value> Range::attribute(Interpreter&, std::string_view name) {
  if (name == "start") return start_;
  if (name == "step") return step_;
  if (name == "stop") return stop_;
  return std::nullopt;
}

Values Range::items(Interpreter& in) {
  in.limits.step(size_);
  Values items;
  items.reserve(size_);
  for (std::size_t i = 0; i < size_; ++i) items.push_back(at(i));
  return items;
}

bool Range::equals(const Object& other) const {
  const auto* range = dynamic_cast<const Range*>(&other);
  return range && size_ == range->size_ &&
         (size_ == 0 || (start_ == range->start_ && (size_ == 1 || step_ == range->step_)));
}

Value Range::slice(std::int64_t from, std::int64_t to, std::int64_t step, std::size_t count) const {
  std::int64_t by = 0;
  if (__builtin_mul_overflow(step_, step, &by)) by = step;  // then there is one item at most
  return ObjectPtr(std::make_shared<Range>(start_ + from * step_, start_ + to * step_, by, count));
}

Values Generator::items(Interpreter&) {
  Values rest(std::make_move_iterator(items_.begin() + static_cast<std::ptrdiff_t>(used_)),
              std::make_move_iterator(items_.end()));
  items_.clear();
  used_ = 0;
  return rest;
}

std::optional<Value> Generator::next() {
  if (used_ >= items_.size()) return std::nullopt;
  return items_[used_++];
}

std::string_view DictView::type_name() const noexcept {
  return part_ == Part::keys ? "dict_keys" : part_ == Part::values ? "dict_values" : "dict_items";
}

void DictView::append_repr(TextBuilder& out) const {
  out.append(fmt::format("{}(", type_name()));
  ondol::jinja::append_repr(out, make_list(list()));
  out.append(")");
}

bool DictView::equals(const Object& other) const {
  const auto* view = dynamic_cast<const DictView*>(&other);
  if (!view || view->part_ != part_ || part_ == Part::values) return view == this;
  const auto& mine = dict_->members();
  return dict_->size() == view->dict_->size() && std::all_of(mine.begin(), mine.end(), [&](const auto& member) {
           const Value* twin = view->dict_->find(member.first);
           return twin && (part_ == Part::keys || equal(*twin, member.second));
         });
}

Values DictView::list() const {
  Values items;
  items.reserve(dict_->size());
  for (const auto& [key, value] : dict_->members()) {
    items.push_back(part_ == Part::keys ? key : part_ == Part::values ? value : make_tuple({key, value}));
  }
  return items;
}

void Namespace::append_repr(TextBuilder& out) const {
  if (shown_) {
    out.append("<Namespace {...}>");
    return;
  }
  shown_ = true;
  out.append("<Namespace {");
  bool first = true;
  for (const auto& [name, value] : attributes_.members()) {
    if (!first) out.append(", ");
    first = false;
    ondol::jinja::append_repr(out, name);
    out.append(": ");
    ondol::jinja::append_repr(out, value);
  }
  out.append("}>");
  shown_ = false;
}

std::optional<Value> Namespace::attribute(Interpreter&, std::string_view name) {
  const Value* found = attributes_.find(name);
  return found ? std::optional(*found) : std::nullopt;
}

std::optional<Value> Cycler::attribute(Interpreter&, std::string_view name) {
  if (name == "current") return items_[place_];
  if (name == "pos") return place_;
  if (name == "items") return make_tuple(items_);
  if (name == "next") {
    const auto run = [](Object& self, Interpreter&, Arguments&) { return static_cast<Cycler&>(self).next(); };
    return ObjectPtr(std::make_shared<BoundCall>(shared_from_this(), run));
  }
  if (name == "reset") {
    const auto run = [](Object& self, Interpreter&, Arguments&) -> Value {
      static_cast<Cycler&>(self).reset();
      return None{};
    };
    return ObjectPtr(std::make_shared<BoundCall>(shared_from_this(), run));
  }
  return std::nullopt;
}

Value Cycler::next() {
  Value value = items_[place_];
  place_ = (place_ + 1) % items_.size();
  return value;
}

Value Joiner::call(Interpreter&, Arguments&) {
  if (std::exchange(used_, true)) return separator_;
  return Text();
}

void BoundMethod::append_repr(TextBuilder& out) const { out.append(fmt::format("<built-in method {}>", native_.name)); }

}  // namespace ondol::jinja
