#include "ondol/chat_template.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "data.hpp"
#include "ondol/error.hpp"
#include "target.hpp"

namespace {

constexpr std::string_view chat =
    R"([{"role": "system", "content": "s"}, {"role": "user", "content": "안녕 <|im_end|>"},
  {"role": "assistant", "content": null, "reasoning": "r", "tool_calls": [{"type": "function", "id": "1",
   "function": {"name": "f", "arguments": {"a": [1, 2.5, "x"]}}}]}, {"role": "tool", "content": [{"type": "text", "text": "t"}]}])";

}  // namespace

/// A template, a zero byte, messages; without the zero byte, the messages above.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\0'), size);
  ondol::RenderOptions options;
  options.tools =
      R"([{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}])";
  options.bos_token = "<s>";
  options.eos_token = "</s>";
  options.max_steps = 200'000;
  options.max_output = 1 << 20;
  try {
    const ondol::ChatTemplate chat_template(input.substr(0, end));
    const auto prompt = chat_template.render(end < size ? input.substr(end + 1) : chat, options);
    std::size_t done = 0;
    for (const ondol::TextRange& range : prompt.content) {
      if (range.begin < done || range.end <= range.begin || range.end > prompt.text.size()) std::abort();
      done = range.end;
    }
    if (!ondol::utf8_valid(prompt.text)) std::abort();
  } catch (const ondol::Error&) {
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  std::vector<std::string> seeds{
      "{% for m in messages %}{{ '<|' + m.role + '|>' ~ m.content | trim }}{% endfor %}",
      "{% macro m(a, b=1) %}{{ a }}{{ varargs }}{{ caller() }}{% endmacro %}{% call m(1) %}{{ 2 ** 3 // 4 % 5 }}{% "
      "endcall %}",
      "{% set ns = namespace(x=[]) %}{% for i in range(3) recursive %}{% set ns.x = [ns.x, i] %}{% endfor %}{{ "
      "ns.x|tojson(indent=2) }}",
      "{{ '%5.2f %s %r' % (1.5, [1], 'x') }}{{ '{:>8,}'.format(1234567) }}{{ messages|map(attribute='role')|list }}",
      std::string("{{ messages[0].content }}\0[{\"role\": \"user\", \"content\": \"\\u00e9\"}]", 63),
  };
  if (!test::has_data()) return seeds;
  const auto snippets = ondol::Json::parse(test::read(test::data("templates/jinja_cases.json")), "cases");
  for (const auto& snippet : snippets.at("cases").items()) seeds.push_back(*snippet.at("template").as_string());
  for (const char* name :
       {"Qwen-Qwen3-0.6B", "meta-llama-Llama-3.1-8B-Instruct", "google-gemma-4-31B-it", "openai-gpt-oss-120b"}) {
    seeds.push_back(test::read(test::data("templates/" + std::string(name) + ".jinja")));
  }
  return seeds;
}
