#include "chat/jinja/macro.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ondol::jinja {
namespace {

std::optional<Value> take(Arguments& arguments, std::string_view name) {
  const auto found = std::find_if(arguments.named.begin(), arguments.named.end(),
                                  [name](const auto& argument) { return argument.first == name; });
  if (found == arguments.named.end()) return std::nullopt;
  std::optional<Value> value(std::move(found->second));
  arguments.named.erase(found);
  return value;
}

}  // namespace

void Macro::append_repr(TextBuilder& out) const {
  out.append(node_.name.empty() ? std::string("<Macro anonymous>") : fmt::format("<Macro '{}'>", node_.name));
}

std::optional<Value> Macro::attribute(Interpreter&, std::string_view name) {
  if (name == "name") return node_.name.empty() ? Value() : Value::source(node_.name);
  if (name == "arguments") {
    Values names;
    for (const Parameter& parameter : node_.parameters) names.push_back(Value::source(parameter.name));
    return make_tuple(std::move(names));
  }
  if (name == "caller") return node_.uses_caller;
  if (name == "catch_varargs") return node_.uses_varargs;
  if (name == "catch_kwargs") return node_.uses_kwargs;
  return std::nullopt;
}

Value Macro::call(Interpreter& in, Arguments& arguments) {
  const Interpreter::CallLevel level(in);
  const auto inner = in.inner_scope(node_.frame, scope_);
  const std::size_t count = node_.parameters.size();
  const std::size_t given = arguments.positional.size();
  // Presets are evaluated inside, in order, when all that was given is there.
  const ScopeGuard guard(in, inner);
  bool found_caller = false;
  std::vector<const Parameter*> missing;
  for (std::size_t i = 0; i < count; ++i) {
    const Parameter& parameter = node_.parameters[i];
    found_caller |= parameter.symbol == symbol_caller;
    std::optional<Value> value;
    if (i < given) {
      value = arguments.positional[i];
    } else {
      value = take(arguments, parameter.name);
    }
    if (!value) missing.push_back(&parameter);
    inner->set(parameter.symbol, value ? std::move(*value) : undefined_name(parameter.name));
  }
  for (const Parameter* parameter : missing) {
    inner->set(parameter->symbol, parameter->preset
                                      ? in.eval(*parameter->preset)
                                      : undefined(fmt::format("parameter '{}' was not provided", parameter->name)));
  }
  if (node_.uses_caller && !found_caller) {
    const auto caller = take(arguments, "caller");
    inner->set(symbol_caller, caller && !caller->is_none() ? *caller : undefined("No caller defined"));
  }
  if (node_.uses_kwargs) {
    auto named = std::make_shared<Dict>();
    for (auto& [name, value] : arguments.named) named->set(Value::source(name), std::move(value));
    inner->set(symbol_kwargs, DictPtr(std::move(named)));
  } else if (!arguments.named.empty()) {
    throw Failure(fmt::format("macro '{}' takes no keyword argument '{}'", node_.name, arguments.named.front().first));
  }
  if (node_.uses_varargs) {
    const auto rest = arguments.positional.begin() + static_cast<std::ptrdiff_t>(std::min(given, count));
    inner->set(symbol_varargs, make_tuple(Values(rest, arguments.positional.end())));
  } else if (given > count) {
    throw Failure(fmt::format("macro '{}' takes not more than {} argument(s)", node_.name, count));
  }
  return *in.capture(node_.body, inner);  // loops outside of a macro are not its own
}

}  // namespace ondol::jinja
