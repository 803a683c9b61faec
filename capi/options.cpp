#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <string>

#include "base/fail.hpp"
#include "guard.hpp"
#include "handles.hpp"

namespace ondol::capi {
namespace {

constexpr std::array<std::string_view, 7> topic_names = {"runtime",  "load", "tokenizer", "render",
                                                         "generate", "chat", "reply"};

// In the order of the enums.
constexpr std::array<std::string_view, 2> precisions = {"fast", "exact"};
constexpr std::array<std::string_view, 5> cache_types = {"f32", "f16", "bf16", "q8_0", "auto"};
constexpr std::array<std::string_view, 2> when_full = {"error", "drop_oldest"};

template <class Enum>
Enum choice(const Json& options, std::string_view key, std::span<const std::string_view> names) {
  const auto found = std::find(names.begin(), names.end(), option_text(options, key));
  return static_cast<Enum>(found - names.begin());  // validate_options let only these pass
}

/// Nothing for "auto".
std::optional<CacheType> cache_type(const Json& options) {
  if (option_text(options, "cache_type") == "auto") return std::nullopt;
  return choice<CacheType>(options, "cache_type", cache_types);
}

using Specs = std::vector<OptionSpec>;
using enum OptionType;

Specs runtime_specs() {
  return {
      {"threads", integer, 0, 0, 1024, "Threads that compute; 0 = min(affinity mask, cgroup quota, physical cores)"},
      {"memory_limit", integer, 0, 0, {}, "Most bytes of large buffers; 0 = no cap"},
      {"isa", string, "", {}, {}, "base, avx2, avxvnni, avx512, avx512vnni or neon; empty = ONDOL_ISA, else the best"},
  };
}

Specs tokenizer_specs() {
  return {
      {"pre_tokenizer", string, "", {}, {}, "Pre-tokenizer to use instead of the file's; empty = the file's"},
      {"pattern", string, "", {}, {}, "How tiktoken ranks cut text into pieces, as a regular expression"},
      {"special_tokens", object, {}, {}, {}, "Control tokens of tiktoken ranks and their ids"},
      {"lowercase", boolean, true, {}, {}, "Whether vocab.txt is of an uncased model, where no file beside it says"},
  };
}

Specs model_specs() {
  return {
      {"precision", string, "fast", {}, {}, "Arithmetic of quantised weights", precisions},
      {"cache_type",
       string,
       "auto",
       {},
       {},
       "How keys and values are stored; auto = f16, or f32 if exact",
       cache_types},
      {"context", integer, 0, 0, {}, "Most positions of a sequence; 0 = the model's own"},
      {"quantize", string, "", {}, {}, "Quantise weights to this type first (q4_k_m); the result is kept in a file"},
      {"quantize_folder", string, "", {}, {}, "Folder of such files; empty = the user's cache"},
  };
}

Specs template_specs() {
  return {
      {"tools", array, nullptr, {}, {}, "Tool definitions in the OpenAI form"},
      {"documents", array, nullptr, {}, {}, "Documents"},
      {"variables", object, nullptr, {}, {}, "Further variables of the template"},
      {"add_generation_prompt", boolean, true, {}, {}, "End with the header of an assistant's turn"},
      {"parse_arguments", boolean, false, {}, {}, "Tool calls' arguments that are a text with JSON become that object"},
      {"parse_content", boolean, false, {}, {}, "Read control tokens in messages and data as such, not as text"},
      {"now", integer, nullptr, -62135596800.0, 253402300799.0, "Local time as seconds since 1970; null = the clock's"},
      {"max_steps", integer, 10'000'000, 1, {}, "Most evaluation steps, work on data included"},
      {"max_depth", integer, 200, 1, 1000, "Most nested calls"},
      {"max_output", integer, 64 << 20, 1, {}, "Most bytes of output, and of any text on the way"},
  };
}

Specs token_specs() {
  return {
      {"bos_token", string, "", {}, {}, "The template's bos_token"},
      {"eos_token", string, "", {}, {}, "The template's eos_token"},
  };
}

Specs reply_specs() {
  return {
      {"max_tokens", integer, 0, 0, {}, "Most tokens to generate; 0 = to the end of the context"},
      {"min_tokens", integer, 0, 0, {}, "No end and no stop before this many tokens"},
      {"stop", array, nullptr, {}, {}, "Texts that end the reply, which ends before them"},
      {"stop_ids", array, nullptr, {}, {}, "Tokens that end the reply, besides the model's own"},
      {"ignore_eos", boolean, false, {}, {}, "Go on past end tokens"},
      {"include_stop", boolean, false, {}, {}, "Keep the stop string in the text"},
      {"logprobs", integer, nullptr, 0, {}, "Record log-probabilities, also of this many most likely tokens"},
      {"skip_special", boolean, true, {}, {}, "Leave control tokens out of the text"},
  };
}

Specs conversation_specs() {
  return {
      {"when_full", string, "error", {}, {}, "When the messages do not fit in the context", when_full},
      {"reserve", integer, 0, 0, {}, "Positions kept free for the reply; 0 = max_tokens, or a quarter of the context"},
  };
}

Specs parsing_specs() {
  return {
      {"prefix", string, "", {}, {}, "What the template put in front of the reply"},
      {"tools", array, nullptr, {}, {}, "Tool definitions in the OpenAI form, or their functions alone"},
  };
}

Specs join(std::initializer_list<Specs> parts) {
  Specs all;
  for (const Specs& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// JSON text of a member; empty where there is none.
std::string json_text(const Json& options, std::string_view key) {
  const Json* value = option_if(options, key);
  return value ? value->dump() : std::string();
}

[[noreturn]] void wrong_item(std::string_view key, const Json& item, const char* expected) {
  fail(Status::invalid_argument,
       fmt::format("generate options: \"{}\" holds {}, expected {}", key, kind_name(item.kind()), expected));
}

/// Calls `take` with each item of an array, if there is one.
template <class Take>
void each(const Json& options, std::string_view key, Take&& take) {
  const Json* value = option_if(options, key);
  if (!value) return;
  for (const Json& item : value->items()) take(item);
}

std::uint64_t count(const Json& options, std::string_view key) { return count_of(options.at(key), key); }

}  // namespace

std::optional<Topic> topic_of(std::string_view name) noexcept {
  const auto found = std::find(topic_names.begin(), topic_names.end(), name);
  if (found == topic_names.end()) return {};
  return static_cast<Topic>(found - topic_names.begin());
}

std::vector<OptionSpec> option_specs(Topic topic) {
  switch (topic) {
    case Topic::runtime: return runtime_specs();
    case Topic::load: return join({model_specs(), tokenizer_specs(), runtime_specs()});
    case Topic::tokenizer: return tokenizer_specs();
    case Topic::render: return join({template_specs(), token_specs()});
    case Topic::generate: return join({reply_specs(), sampler_specs()});
    case Topic::chat: return join({reply_specs(), sampler_specs(), template_specs(), conversation_specs()});
    case Topic::reply: return parsing_specs();
  }
  return {};
}

Json read_options(const char* text, std::int64_t size, Topic topic) {
  const std::string what = fmt::format("{} options", topic_names[static_cast<std::size_t>(topic)]);
  const std::string_view given = text ? text_in(text, size, "options") : std::string_view();
  return validate_options(given.empty() ? Json() : Json::parse(given, what), option_specs(topic), what);
}

std::uint64_t count_of(const Json& value, std::string_view key) {
  if (const auto number = value.as_uint64()) return *number;
  fail(Status::invalid_argument,
       fmt::format("options: \"{}\" is {}, expected less than 2^64", key, value.dump().substr(0, 60)));
}

RuntimeOptions runtime_options(const Json& options) {
  RuntimeOptions result;
  result.threads = static_cast<int>(option_integer(options, "threads"));
  result.memory_limit = count(options, "memory_limit");
  result.isa = option_text(options, "isa");
  return result;
}

TokenizerOptions tokenizer_options(const Json& options) {
  TokenizerOptions tokenizer{.pre_tokenizer = option_text(options, "pre_tokenizer"),
                             .pattern = option_text(options, "pattern"),
                             .lowercase = option_flag(options, "lowercase")};
  if (const Json* special = option_if(options, "special_tokens")) {
    for (const auto& [text, value] : special->members()) {
      const auto id = value.as_int64();
      if (!id || *id < 0 || *id > INT32_MAX) misuse("special_tokens: the id of '" + text + "' is " + value.dump());
      tokenizer.special_tokens.emplace_back(text, static_cast<Token>(*id));
    }
  }
  return tokenizer;
}

LoadOptions load_options(const Json& options, const Runtime* runtime) {
  const RuntimeOptions own = runtime_options(options);
  const bool wanted = own.threads != 0 || own.memory_limit != 0 || !own.isa.empty();
  if (wanted && runtime) {
    fail(Status::invalid_argument, "load options: threads, memory_limit and isa are the given runtime's");
  }
  return {.runtime = runtime  ? *runtime
                     : wanted ? Runtime(own)
                              : Runtime::shared(),
          .precision = choice<Precision>(options, "precision", precisions),
          .cache_type = cache_type(options),
          .context = count(options, "context"),
          .quantize = std::string(option_text(options, "quantize")),
          .quantize_folder = std::string(option_text(options, "quantize_folder")),
          .tokenizer = tokenizer_options(options),
          .stop = {},
          .progress = {}};
}

RenderOptions render_options(const Json& options) {
  RenderOptions result;
  result.tools = json_text(options, "tools");
  result.documents = json_text(options, "documents");
  result.variables = json_text(options, "variables");
  result.add_generation_prompt = option_flag(options, "add_generation_prompt");
  result.parse_arguments = option_flag(options, "parse_arguments");
  result.parse_content = option_flag(options, "parse_content");
  if (option_if(options, "now")) {
    result.now = std::chrono::sys_seconds(std::chrono::seconds(option_integer(options, "now")));
  }
  result.max_steps = count(options, "max_steps");
  result.max_depth = static_cast<std::uint32_t>(count(options, "max_depth"));
  result.max_output = count(options, "max_output");
  if (option_if(options, "bos_token")) result.bos_token = option_text(options, "bos_token");
  if (option_if(options, "eos_token")) result.eos_token = option_text(options, "eos_token");
  return result;
}

GenerateOptions generate_options(const Json& options) {
  GenerateOptions result;
  result.sampler = sampler_options(options);
  result.max_tokens = count(options, "max_tokens");
  result.min_tokens = count(options, "min_tokens");
  each(options, "stop", [&](const Json& text) {
    if (!text.is_string()) wrong_item("stop", text, "strings");
    result.stop.push_back(*text.as_string());
  });
  each(options, "stop_ids", [&](const Json& id) {
    const auto number = id.as_int64();
    if (!number || *number != static_cast<Token>(*number)) wrong_item("stop_ids", id, "token ids");
    result.stop_ids.push_back(static_cast<Token>(*number));
  });
  result.ignore_eos = option_flag(options, "ignore_eos");
  result.include_stop = option_flag(options, "include_stop");
  if (option_if(options, "logprobs")) result.logprobs = count(options, "logprobs");
  result.skip_special = option_flag(options, "skip_special");
  return result;
}

ChatOptions chat_options(const Json& options) {
  return {.generate = generate_options(options),
          .when_full = choice<WhenFull>(options, "when_full", when_full),
          .reserve = count(options, "reserve"),
          .render = render_options(options)};
}

ReplyOptions reply_options(const Json& options) {
  return {.prefix = option_text(options, "prefix"), .tools = json_text(options, "tools")};
}

}  // namespace ondol::capi

using namespace ondol;
using namespace ondol::capi;

extern "C" ondol_status ondol_options_schema(const char* name, int64_t name_size, ondol_string** out,
                                             ondol_error** error) {
  return guard(__func__, error, [&] {
    require(name, "name");
    require(out, "out");
    const std::string_view wanted = text_in(name, name_size, "name");
    const auto topic = topic_of(wanted);
    if (!topic) {
      misuse(fmt::format("no options are called \"{}\"; known are {}", wanted.substr(0, 200),
                         fmt::join(topic_names, ", ")));
    }
    give(out, options_schema(option_specs(*topic)).dump());
  });
}
