#include "chat/message_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "base/fail.hpp"
#include "ondol/error.hpp"

namespace ondol {
namespace {

using enum Json::Kind;
using Kinds = std::initializer_list<Json::Kind>;

/// Where in the messages a value stands; written out only when something is wrong there.
struct Place {
  const Place* outer;  ///< null: the array of messages
  const char* key;
  std::optional<std::size_t> index{};

  [[nodiscard]] std::string text() const {
    const std::string before = outer ? outer->text() + "." : "";
    return index ? fmt::format("{}{}[{}]", before, key, *index) : before + key;
  }
};

[[noreturn]] void refuse(const std::string& where, std::string_view found, std::string_view expected) {
  fail(Status::invalid_argument, fmt::format("{} is {}, expected {}", where, found, expected));
}

bool is_one_of(Json::Kind kind, Kinds kinds) { return std::find(kinds.begin(), kinds.end(), kind) != kinds.end(); }

void expect(const Json& value, const Place& place, Kinds kinds, std::string_view expected) {
  if (!is_one_of(value.kind(), kinds)) refuse(place.text(), kind_name(value.kind()), expected);
}

/// A member if it is there, and then of one of these kinds.
const Json* member(const Json& owner, const Place& place, const char* key, Kinds kinds, std::string_view expected) {
  const Json* value = owner.find(key);
  if (value && !is_one_of(value->kind(), kinds)) {
    refuse(fmt::format("{}: \"{}\"", place.text(), key), kind_name(value->kind()), expected);
  }
  return value;
}

const Json& needed(const Json& owner, const Place& place, const char* key) {
  if (const Json* value = member(owner, place, key, {string}, "a string")) return *value;
  refuse(fmt::format("{}: \"{}\"", place.text(), key), "missing", "a string");
}

void check_content(const Json& message, const Place& place) {
  const Json* content =
      member(message, place, "content", {null, string, array}, "a string, an array of parts, or null");
  if (!content) return;
  for (std::size_t i = 0; i < content->size(); ++i) {
    const Json& part = content->at(i);
    const Place here{&place, "content", i};
    expect(part, here, {string, object}, "a part, an object like {\"type\": \"text\", \"text\": \"...\"}");
    const Json* type = member(part, here, "type", {string}, "a string");
    if (type && *type->as_string() == "text") needed(part, here, "text");
  }
}

/// {"type": "function", "function": {"name", "arguments"}}, or name and arguments without the object around them.
void check_tool_call(const Json& call, const Place& place) {
  expect(call, place, {object}, "an object");
  const Json* inner = member(call, place, "function", {object}, "an object");
  const Place inside{&place, "function"};
  const Place& here = inner ? inside : place;
  const Json& function = inner ? *inner : call;
  needed(function, here, "name");
  member(function, here, "arguments", {null, string, object}, "an object, or a string with one");
}

void check_tool_calls(const Json& message, const Place& place) {
  const Json* calls = member(message, place, "tool_calls", {null, array}, "an array");
  for (std::size_t i = 0; calls && i < calls->size(); ++i) check_tool_call(calls->at(i), {&place, "tool_calls", i});
}

/// `object` with another value under `key`.
Json replaced(const Json& object, std::string_view key, Json value) {
  std::vector<Json::Member> members = object.members();
  members.emplace_back(key, std::move(value));
  return Json::object(std::move(members));
}

/// What an arguments text holds: an object, nothing (an empty one), or the text as it is.
Json parsed(const Json& arguments) {
  const std::string* text = arguments.as_string();
  if (!text) return arguments;
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
  try {
    const Json value = Json::parse(*text, "arguments");
    return value.is_object() ? value : arguments;
  } catch (const Error&) {
    return arguments;
  }
}

Json with_parsed(const Json& call) {
  const Json* function = call.find("function");
  const Json& owner = function && function->is_object() ? *function : call;
  const Json* arguments = owner.find("arguments");
  if (!arguments) return call;
  Json made = replaced(owner, "arguments", parsed(*arguments));
  return &owner == &call ? made : replaced(call, "function", std::move(made));
}

}  // namespace

void check_message(const Json& message, std::size_t index) {
  const Place where{nullptr, "messages", index};
  expect(message, where, {object}, "an object like {\"role\": \"user\", \"content\": \"...\"}");
  const std::string& role = *needed(message, where, "role").as_string();
  constexpr std::string_view speakers[] = {"system", "developer", "user", "assistant"};
  if (std::find(std::begin(speakers), std::end(speakers), role) != std::end(speakers)) check_content(message, where);
  for (const char* key : {"reasoning_content", "thinking", "reasoning"}) {
    member(message, where, key, {null, string}, "a string");
  }
  check_tool_calls(message, where);
}

Json with_reasoning(const Json& message) {
  for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
    const Json* reasoning = message.find(name);
    if (!reasoning || reasoning->is_null()) continue;
    Json made = replaced(message, "reasoning_content", *reasoning);
    const Json* thinking = message.find("thinking");
    return thinking && !thinking->is_null() ? made : replaced(made, "thinking", *reasoning);
  }
  return message;
}

Json with_parsed_arguments(const Json& message) {
  const Json* calls = message.find("tool_calls");
  if (!calls || !calls->is_array()) return message;
  Json::Array made;
  for (const Json& call : calls->items()) made.push_back(call.is_object() ? with_parsed(call) : call);
  return replaced(message, "tool_calls", Json(std::move(made)));
}

}  // namespace ondol
