#include "chat/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/fail.hpp"
#include "chat/message_form.hpp"

namespace ondol {
namespace {

using jinja::Text;
using jinja::Value;

Json parse(std::string_view text, const char* what, Json::Kind kind) {
  Json json = Json::parse(text, what);
  if (json.kind() != kind) {
    fail(Status::invalid_argument,
         fmt::format("{}: found {}, expected {}", what, kind_name(json.kind()), kind_name(kind)));
  }
  return json;
}

/// The messages as templates expect them.
Json prepared(const Json& messages, const RenderOptions& options, bool checked) {
  Json::Array made;
  made.reserve(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Json& message = messages.at(i);
    if (checked) check_message(message, i);
    const Json named = with_reasoning(message);
    made.push_back(options.parse_arguments ? with_parsed_arguments(named) : named);
  }
  return made;
}

}  // namespace

namespace {

/// Makes values; keys and words that come again and again share one text.
class ValueMaker {
 public:
  explicit ValueMaker(Text::Origin origin) : origin_(origin) {}
  Value make(const Json& json);

 private:
  static constexpr std::size_t most_known = 32;
  static constexpr std::size_t short_text = 15;

  Text text(const std::string& bytes) {
    if (bytes.size() > short_text) return Text(bytes, origin_);
    for (const Text& known : known_) {
      if (known.view() == bytes) return known;
    }
    Text made(bytes, origin_);
    if (known_.size() < most_known) known_.push_back(made);
    return made;
  }

  Text::Origin origin_;
  std::vector<Text> known_;
};

Value ValueMaker::make(const Json& json) {
  switch (json.kind()) {
    case Json::Kind::null: return {};
    case Json::Kind::boolean: return *json.as_bool();
    case Json::Kind::integer:
      if (const auto small = json.as_int64()) return *small;
      return jinja::BigInteger(std::string_view(*json.digits()));
    case Json::Kind::number: return *json.as_double();
    case Json::Kind::string: return text(*json.as_string());
    case Json::Kind::array: {
      jinja::Values items;
      items.reserve(json.size());
      for (const Json& item : json.items()) items.push_back(make(item));
      return make_list(std::move(items));
    }
    case Json::Kind::object: break;
  }
  auto dict = std::make_shared<jinja::Dict>();
  for (const auto& [key, value] : json.members()) dict->set(text(key), make(value));
  return jinja::DictPtr(std::move(dict));
}

}  // namespace

Value to_value(const Json& json, Text::Origin origin) { return ValueMaker(origin).make(json); }

std::vector<std::pair<std::string, Value>> template_variables(std::string_view messages, const RenderOptions& options,
                                                              bool checked) {
  const auto content = options.parse_content ? Text::Origin::source : Text::Origin::content;
  const Json chat = parse(messages, "messages", Json::Kind::array);
  const auto list = [&](const std::string& text, const char* what) {
    return text.empty() ? Value() : to_value(parse(text, what, Json::Kind::array), content);
  };
  std::vector<std::pair<std::string, Value>> variables;
  variables.emplace_back("messages", to_value(prepared(chat, options, checked), content));
  variables.emplace_back("tools", list(options.tools, "tools"));
  variables.emplace_back("documents", list(options.documents, "documents"));
  variables.emplace_back("add_generation_prompt", options.add_generation_prompt);
  const std::size_t named = variables.size();

  const Json further =
      options.variables.empty() ? Json::object() : parse(options.variables, "variables", Json::Kind::object);
  for (const auto& [name, value] : further.members()) {
    const auto end = variables.begin() + static_cast<std::ptrdiff_t>(named);
    if (std::any_of(variables.begin(), end, [&](const auto& v) { return v.first == name; })) {
      fail(Status::invalid_argument, fmt::format("variables: \"{}\" has an argument of its own", name));
    }
    const bool token = name == "bos_token" || name == "eos_token";
    variables.emplace_back(name, to_value(value, token ? Text::Origin::source : content));
  }
  const auto add_token = [&](const char* name, const std::string& token) {
    if (!token.empty() && !further.find(name)) variables.emplace_back(name, Text(*Json(token).as_string()));
  };
  add_token("bos_token", options.bos_token);
  add_token("eos_token", options.eos_token);
  return variables;
}

}  // namespace ondol
