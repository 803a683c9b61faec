#include "chat/replies/formats.hpp"

#include <fmt/format.h>

#include <string>

#include "base/fail.hpp"

namespace ondol::replies {
namespace {

constexpr const Format* table[] = {&hermes,   &llama3_json, &pythonic,  &mistral, &qwen_xml, &harmony,
                                   &deepseek, &glm,         &command_r, &granite, &kimi_k2,  &react};

}  // namespace

std::span<const Format* const> formats() noexcept { return table; }

const Format& find_format(std::string_view name) {
  std::string known;
  for (const Format* format : table) {
    if (format->name == name) return *format;
    known += known.empty() ? "" : ", ";
    known += format->name;
  }
  fail(Status::invalid_argument, fmt::format("reply format is \"{}\", expected one of {}", name.substr(0, 200), known));
}

}  // namespace ondol::replies
