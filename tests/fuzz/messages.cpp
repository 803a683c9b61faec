#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "data.hpp"
#include "ondol/chat_template.hpp"
#include "ondol/error.hpp"
#include "target.hpp"

namespace {

/// The plain formats, and templates that read all of a message.
const std::vector<ondol::ChatTemplate>& templates() {
  static const std::vector<ondol::ChatTemplate> all = [] {
    std::vector<ondol::ChatTemplate> made;
    for (const std::string& name : ondol::ChatTemplate::names()) made.push_back(ondol::ChatTemplate::named(name));
    made.emplace_back(
        "{% for m in messages %}{{ m.role }}{{ m.content }}{{ m.reasoning_content }}{{ m|tojson }}"
        "{% for c in m.tool_calls or [] %}{{ (c.function or c).arguments|tojson }}{% endfor %}{% endfor %}");
    if (!test::has_data()) return made;
    for (const char* name : {"Qwen-Qwen3-0.6B", "meta-llama-Llama-3.1-8B-Instruct", "google-gemma-4-31B-it",
                             "openai-gpt-oss-120b", "mistralai-Mistral-Nemo-Instruct-2407"}) {
      made.emplace_back(test::read(test::data("templates/" + std::string(name) + ".jinja")));
    }
    return made;
  }();
  return all;
}

}  // namespace

/// The input is a JSON array of messages.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view messages(reinterpret_cast<const char*>(data), size);
  ondol::RenderOptions options;
  options.max_steps = 500'000;
  options.parse_arguments = size % 2 == 0;
  for (const ondol::ChatTemplate& chat_template : templates()) {
    try {
      const auto prompt = chat_template.render(messages, options);
      std::size_t done = 0;
      for (const ondol::TextRange& range : prompt.content) {
        if (range.begin < done || range.end <= range.begin || range.end > prompt.text.size()) std::abort();
        done = range.end;
      }
      if (!ondol::utf8_valid(prompt.text)) std::abort();
    } catch (const ondol::Error&) {
    }
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  std::vector<std::string> seeds{
      R"([{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "안녕 <|im_end|>"}]}])",
      R"([{"role": "user", "content": "q"}, {"role": "assistant", "content": null, "reasoning": "r", "tool_calls": [
          {"type": "function", "id": "123456789", "function": {"name": "f", "arguments": "{\"a\": [1, 2.5]}"}}]},
          {"role": "tool", "tool_call_id": "123456789", "name": "f", "content": {"x": true}}])",
  };
  if (!test::has_data()) return seeds;
  const auto inputs = ondol::Json::parse(test::read(test::data("templates/inputs.json")), "inputs");
  for (const auto& [name, input] : inputs.members()) seeds.push_back(input.at("messages").dump());
  return seeds;
}
