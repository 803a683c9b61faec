#include <fmt/format.h>

#include <limits>
#include <string>

#include "base/fail.hpp"
#include "options.hpp"

namespace ondol::capi {
namespace {

using enum OptionType;

float real(const Json& value) { return static_cast<float>(*value.as_double()); }

[[noreturn]] void wrong(std::string_view key, const std::string& found, const char* expected) {
  fail(Status::invalid_argument, fmt::format("generate options: \"{}\" {}, expected {}", key, found, expected));
}

Token token(std::string_view key, const Json& value) {
  const auto id = value.as_int64();
  if (!id || *id != static_cast<Token>(*id)) wrong(key, "holds " + value.dump().substr(0, 60), "token ids");
  return static_cast<Token>(*id);
}

/// {"42": -1.5} or [[42, -1.5]].
void set_biases(SamplerSettings& settings, const Json& value) {
  constexpr std::string_view key = "logit_bias";
  constexpr const char* expected = "{\"id\": bias, ..} or [[id, bias], ..]";
  if (!value.is_array() && !value.is_object()) wrong(key, std::string("is ") + kind_name(value.kind()), expected);
  const auto add = [&](const Json& id, const Json& bias) {
    if (!bias.as_double()) wrong(key, "holds " + bias.dump().substr(0, 60), expected);
    settings.logit_bias.emplace_back(token(key, id), real(bias));
  };
  for (const auto& [id, bias] : value.members()) {
    const bool digits = !id.empty() && id.find_first_not_of("0123456789", id[0] == '-' && id.size() > 1) == id.npos;
    if (!digits) wrong(key, fmt::format("has the key \"{}\"", id.substr(0, 60)), "token ids");
    add(Json::integer(id), bias);
  }
  for (const Json& pair : value.items()) {
    if (pair.items().size() != 2) wrong(key, "holds " + pair.dump().substr(0, 60), expected);
    add(pair.at(0), pair.at(1));
  }
}

void set_banned(SamplerSettings& settings, const Json& value) {
  for (const Json& id : value.items()) settings.banned_tokens.push_back(token("banned_tokens", id));
}

struct Row {
  OptionSpec spec;
  void (*set)(SamplerSettings&, const Json&);
};

/// A key is the name of its step; in the order in which SamplerSettings applies them.
std::vector<Row> rows() {
  using S = SamplerSettings;
  return {
      {{"logit_bias", any, nullptr, {}, {}, "{\"id\": bias} or [[id, bias]]: added to logits"}, set_biases},
      {{"banned_tokens", array, nullptr, {}, {}, "Ids that are never chosen"}, set_banned},
      {{"repetition_penalty", number, 1, {}, {}, "Divides logits of tokens seen (multiplies negative ones)"},
       [](S& s, const Json& v) { s.repetition_penalty = real(v); }},
      {{"frequency_penalty", number, 0, {}, {}, "Subtracted for each time a token was seen"},
       [](S& s, const Json& v) { s.frequency_penalty = real(v); }},
      {{"presence_penalty", number, 0, {}, {}, "Subtracted if a token was seen"},
       [](S& s, const Json& v) { s.presence_penalty = real(v); }},
      {{"no_repeat_ngram", integer, 0, 0, {}, "No n-gram of this length twice; 0 = off"},
       [](S& s, const Json& v) { s.no_repeat_ngram = count_of(v, "no_repeat_ngram"); }},
      {{"temperature", number, 0, 0, {}, "Divides the logits; 0 = greedy"},
       [](S& s, const Json& v) { s.temperature = real(v); }},
      {{"top_k", integer, 0, 0, {}, "Keep the k most likely; 0 = off"},
       [](S& s, const Json& v) { s.top_k = count_of(v, "top_k"); }},
      {{"typical_p", number, 1, 0, 1, "Locally typical sampling; 1 = off"},
       [](S& s, const Json& v) { s.typical_p = real(v); }},
      {{"top_p", number, 1, 0, 1, "Nucleus: keep the fewest that reach p; 1 = off"},
       [](S& s, const Json& v) { s.top_p = real(v); }},
      {{"min_p", number, 0, 0, 1, "Keep what has this share of the most likely one's probability; 0 = off"},
       [](S& s, const Json& v) { s.min_p = real(v); }},
  };
}

constexpr std::string_view last_n = "penalty_last_n";
constexpr std::string_view greedy = "greedy";
OptionSpec last_n_spec() { return {last_n, integer, 0, 0, {}, "Tokens that the penalties look at; 0 = all"}; }

/// One step of a "chain": {"top_k": 40}, {"repetition_penalty": 1.1, "penalty_last_n": 64}, {"greedy": true}.
SamplerStep chain_step(const Json& item, const std::vector<Row>& rows) {
  std::vector<OptionSpec> specs;
  for (const Row& row : rows) specs.push_back(row.spec), specs.back().preset = nullptr;
  specs.push_back(last_n_spec());
  specs.push_back({greedy, boolean, nullptr});
  if (!item.is_object()) wrong("chain", std::string("holds ") + kind_name(item.kind()), "objects of one step each");
  const Json checked = validate_options(item, specs, "generate options: a step of \"chain\"");

  SamplerSettings settings{.temperature = 1.0f};
  settings.penalty_last_n = count_of(checked.at(last_n), last_n);
  std::string_view key;
  for (const OptionSpec& spec : specs) {
    if (spec.key == last_n || !option_if(checked, spec.key)) continue;
    if (!key.empty()) wrong("chain", fmt::format("has {} and {} in one step", key, spec.key), "one step an object");
    key = spec.key;
  }
  if (key.empty()) wrong("chain", "has an empty step", "{\"name\": value}");
  if (key == greedy && option_flag(checked, key)) return Greedy{};
  for (const Row& row : rows) {
    if (row.spec.key == key) row.set(settings, checked.at(key));
  }
  for (SamplerStep& step : settings.sampler().steps) {
    if (std::visit([](const auto& s) { return s.name; }, step) == key) return std::move(step);
  }
  return Temperature{1.0f};  // a step at its neutral value
}

}  // namespace

std::vector<OptionSpec> sampler_specs() {
  std::vector<OptionSpec> specs;
  for (Row& row : rows()) specs.push_back(std::move(row.spec));
  specs.push_back(last_n_spec());
  specs.push_back(
      {"chain", array, nullptr, {}, {}, "Steps in an own order, [{\"temperature\": 0.7}, {\"top_k\": 40}]"});
  specs.push_back(
      {"seed", integer, nullptr, 0, {}, "Of the draws, 64 bits; null = a fresh one, which the result tells"});
  return specs;
}

Sampler sampler_options(const Json& options) {
  const std::vector<Row> table = rows();
  std::optional<std::uint64_t> seed;
  if (option_if(options, "seed")) seed = count_of(options.at("seed"), "seed");

  if (const Json* chain = option_if(options, "chain")) {
    for (const Row& row : table) {
      if (!(options.at(row.spec.key) == row.spec.preset)) {
        wrong("chain", fmt::format("and \"{}\" are both given", row.spec.key), "the one or the other");
      }
    }
    Sampler sampler{.steps = {}, .seed = seed};
    for (const Json& item : chain->items()) sampler.steps.push_back(chain_step(item, table));
    return sampler;
  }
  SamplerSettings settings{.seed = seed};
  settings.penalty_last_n = count_of(options.at(last_n), last_n);
  for (const Row& row : table) {
    if (const Json* value = option_if(options, row.spec.key)) row.set(settings, *value);
  }
  return settings.sampler();
}

}  // namespace ondol::capi
