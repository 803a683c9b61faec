#include "chat/replies/tools.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"
#include "chat/replies/json_extent.hpp"

namespace ondol::replies {

Tools::Tools(std::string_view json) {
  if (json.empty()) return;
  const Json tools = Json::parse(json, "tools");
  if (!tools.is_array()) {
    fail(Status::invalid_argument, fmt::format("tools: found {}, expected an array", kind_name(tools.kind())));
  }
  for (std::size_t i = 0; i < tools.size(); ++i) {
    const Json* function = tools.at(i).find("function");
    const Json& tool = function ? *function : tools.at(i);
    const Json* name = tool.find("name");
    if (!name || !name->is_string()) fail(Status::invalid_argument, fmt::format("tools: item {} has no name", i));
    const Json* parameters = tool.find("parameters");
    const Json* properties = parameters ? parameters->find("properties") : nullptr;
    properties_.insert_or_assign(*name->as_string(), properties ? *properties : Json());
  }
}

bool Tools::is_text(std::string_view tool, std::string_view argument, std::string_view text) const {
  const auto found = properties_.find(tool);
  const Json* schema = found == properties_.end() ? nullptr : found->second.find(argument);
  const Json* type = schema ? schema->find("type") : nullptr;
  if (!type) return false;
  if (!type->is_array()) return *type == Json("string");
  const auto may_be = [&](const char* name) {
    return std::find(type->items().begin(), type->items().end(), Json(name)) != type->items().end();
  };
  return may_be("string") && !(text == "null" && may_be("null"));
}

Json Tools::value(std::string_view tool, std::string_view argument, std::string_view text) const {
  if (is_text(tool, argument, text)) return text;
  auto json = json_of(text);
  return json ? *std::move(json) : Json(text);
}

}  // namespace ondol::replies
