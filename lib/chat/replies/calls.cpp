#include "chat/replies/calls.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "chat/replies/json_extent.hpp"

namespace ondol::replies {
namespace {

/// The first member there is of these.
const Json* first(const Json& object, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const Json* found = object.find(key)) return found;
  }
  return nullptr;
}

std::string id_of(const Json& call) {
  const Json* id = first(call, {"id", "tool_call_id", "call_id"});
  if (!id) return {};
  if (id->is_string()) return *id->as_string();
  return id->digits().value_or("");
}

std::optional<ToolCall> call_of(const Json& json) {
  const Json* inner = json.find("function");
  const Json& call = inner && inner->is_object() ? *inner : json;
  const Json* name = first(call, {"name", "tool_name", "function"});
  if (!name || !name->is_string()) return {};
  return make_call(*name->as_string(), first(call, {"arguments", "parameters"}), id_of(json));
}

}  // namespace

std::optional<ToolCall> make_call(std::string name, const Json* arguments, std::string id) {
  std::optional<Json> object = arguments && !arguments->is_null() ? *arguments : Json::object();
  if (object->is_string()) object = json_of(*object->as_string());
  if (name.empty() || !object || !object->is_object()) return {};
  return ToolCall{std::move(name), object->dump(), std::move(id)};
}

std::optional<std::vector<ToolCall>> calls_of(const Json& json) {
  std::vector<ToolCall> calls;
  const auto take = [&](const Json& item) {
    auto call = call_of(item);
    if (call) calls.push_back(*std::move(call));
    return call.has_value();
  };
  if (json.is_object()) {
    if (!take(json)) return {};
  } else {
    for (const Json& item : json.items()) {
      if (!take(item)) return {};
    }
  }
  if (calls.empty()) return {};
  return calls;
}

}  // namespace ondol::replies
