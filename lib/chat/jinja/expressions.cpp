#include <fmt/format.h>

#include "chat/jinja/access.hpp"
#include "chat/jinja/ast.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/markup.hpp"
#include "chat/jinja/show.hpp"

namespace ondol::jinja {

void CallArguments::eval(Interpreter& in, Arguments& arguments) const {
  arguments.positional.reserve(positional.size());
  for (const auto& argument : positional) arguments.positional.push_back(in.eval(*argument));
  for (const auto& [name, argument] : named) arguments.named.emplace_back(name, in.eval(*argument));
  if (star) {
    const ListPtr items = items_of(in, in.eval(*star));
    in.limits.step(items->items.size());
    arguments.positional.insert(arguments.positional.end(), items->items.begin(), items->items.end());
  }
  if (double_star) {
    const Value mapping = in.eval(*double_star);
    if (mapping.is_undefined()) use_undefined(mapping);
    if (!mapping.dict()) throw Failure(fmt::format("argument after ** must be a mapping, not {}", type_name(mapping)));
    in.limits.step(mapping.dict()->size());
    for (const auto& [key, value] : mapping.dict()->members()) {
      if (!key.text()) throw Failure("keywords must be strings");
      arguments.named.emplace_back(key.text()->bytes(), value);
    }
  }
}

Value Name::eval(Interpreter& in) const {
  const Value* found = in.find(symbol);
  return found ? *found : undefined_name(name);
}

Value Sequence::eval(Interpreter& in) const {
  Values values;
  values.reserve(items.size());
  for (const auto& item : items) values.push_back(in.eval(*item));
  return make_list(std::move(values), kind);
}

Value Mapping::eval(Interpreter& in) const {
  auto dict = std::make_shared<Dict>();
  for (const auto& [key, value] : members) {
    const Value name = in.eval(*key);
    in.limits.step(name.weight());
    dict->set(name, in.eval(*value));
  }
  return DictPtr(std::move(dict));
}

Value Unary::eval(Interpreter& in) const {
  const Value value = in.eval(*operand);
  in.at = at;
  if (kind == Kind::logical_not) return !truth(value);
  return kind == Kind::minus ? negative(value) : positive(value);
}

Value Logic::eval(Interpreter& in) const {
  Value value;
  for (const auto& operand : operands) {
    value = in.eval(*operand);
    if (truth(value) == is_or) break;
  }
  return value;
}

Value Comparing::eval(Interpreter& in) const {
  Value left = in.eval(*first);
  for (const auto& [op, operand] : rest) {
    Value right = in.eval(*operand);
    in.at = at;
    if (!compare(in, op, left, right)) return false;
    left = std::move(right);
  }
  return true;
}

Value Arithmetic::eval(Interpreter& in) const {
  Value left = in.eval(*first);
  TextBuilder sum(in.limits);  // of texts that are added one after the other; in place of `left` unless it is empty
  const auto is_plain = [](const Value& value) { return value.text() && !value.text()->markup(); };
  for (const auto& [op, operand] : rest) {
    const Value right = in.eval(*operand);
    in.at = at;
    if (op == Operator::add && is_plain(right) && (sum.size() > 0 || is_plain(left))) {
      if (sum.size() == 0) sum.append(*left.text());
      sum.append(*right.text());
      left = Text();
      continue;
    }
    if (sum.size() > 0) left = sum.finish();
    left = arithmetic(in, op, left, right);
  }
  return sum.size() > 0 ? Value(sum.finish()) : left;
}

Value Concatenation::eval(Interpreter& in) const {
  if (in.autoescape) return concatenate_markup(in);
  TextBuilder text(in.limits);
  for (const auto& part : parts) append_str(text, in.eval(*part));
  return text.finish();
}

/// Markup if any part is, and then the others escaped.
Value Concatenation::concatenate_markup(Interpreter& in) const {
  std::vector<Text> texts;
  bool markup = false;
  for (const auto& part : parts) {
    texts.push_back(to_text(in.limits, in.eval(*part)));
    markup |= texts.back().markup();
  }
  TextBuilder out(in.limits);
  for (const Text& text : texts) out.append(markup && !text.markup() ? escape_html(in.limits, text) : text);
  return out.finish(markup);
}

Value Conditional::eval(Interpreter& in) const {
  if (truth(in.eval(*condition))) return in.eval(*yes);
  if (no) return in.eval(*no);
  return undefined("the inline if-expression evaluated to false and no else section was defined.");
}

Value Attribute::eval(Interpreter& in) const {
  const Value owner = in.eval(*object);
  in.at = at;
  return get_attribute(in, owner, name);
}

Value Item::eval(Interpreter& in) const {
  const Value owner = in.eval(*object);
  const Value place = in.eval(*key);
  in.at = at;
  return get_item(in, owner, place);
}

Value Slice::eval(Interpreter& in) const {
  const auto bound = [&](const ExpressionPtr& e) { return e ? in.eval(*e) : Value(); };
  const Value owner = in.eval(*object);
  const Value from = bound(start);
  const Value to = bound(stop);
  const Value by = bound(step);
  in.at = at;
  return get_slice(in, owner, from, to, by);
}

Value CallExpression::call(Interpreter& in, const Value* caller) const {
  const Value function = in.eval(*callee);
  in.at = at;
  if (function.is_undefined()) use_undefined(function);
  Arguments values;
  arguments.eval(in, values);
  if (caller) values.named.emplace_back("caller", *caller);
  in.at = at;
  return call_value(in, function, values);
}

Value Application::eval(Interpreter& in) const { return apply(in, nullptr); }

Value Application::apply(Interpreter& in, const Value* outer) const {
  Value value;
  if (!input) {
    value = *outer;
  } else if (const auto* inner = outer ? dynamic_cast<const Application*>(input.get()) : nullptr) {
    value = inner->apply(in, outer);
  } else {
    value = in.eval(*input);
  }
  in.at = at;
  if (!native) throw Failure(fmt::format("No {} named '{}' found.", is_test ? "test" : "filter", name));
  Arguments values;
  arguments.eval(in, values);
  in.at = at;
  return call_native(in, *native, value, values);
}

}  // namespace ondol::jinja
