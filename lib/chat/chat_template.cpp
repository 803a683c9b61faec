#include "ondol/chat_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "chat/jinja/lexer.hpp"
#include "chat/jinja/template.hpp"
#include "chat/messages.hpp"
#include "chat/plain_formats.hpp"

namespace ondol {
namespace {

constexpr std::size_t max_source = 4u << 20;

/// What a template raises is said in its own words; other failures get their line.
[[noreturn]] void fail_template(const std::string& source, const jinja::Failure& failure) {
  if (failure.offset < 0) fail(Status::template_error, fmt::format("chat template: {}", failure.what()));
  const std::int64_t offset = jinja::original_offset(source, failure.offset);
  if (failure.raised) fail(Status::template_error, failure.what(), offset);
  const std::string before = jinja::normalise(source).substr(0, static_cast<std::size_t>(failure.offset));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  fail(Status::template_error, fmt::format("chat template, line {}: {}", line, failure.what()), offset);
}

}  // namespace

struct ChatTemplate::Impl {
  explicit Impl(std::string_view text) : source(utf8_valid(text) ? std::string(text) : utf8_repair(text)) {
    if (source.size() > max_source) {
      fail(Status::template_error,
           fmt::format("chat template: {} bytes, at most {} are read", source.size(), max_source));
    }
    try {
      parsed.emplace(source);
    } catch (const jinja::Failure& failure) {
      fail_template(source, failure);
    }
  }
  std::string source;
  std::optional<jinja::Template> parsed;
  std::vector<std::string> stop;
};

ChatTemplate::ChatTemplate(std::string_view source) : impl_(std::make_shared<const Impl>(source)) {}

ChatTemplate ChatTemplate::named(std::string_view name) {
  const auto formats = plain_formats();
  const auto found = std::find_if(formats.begin(), formats.end(), [&](const PlainFormat& f) { return f.name == name; });
  if (found == formats.end()) {
    fail(Status::invalid_argument,
         fmt::format("no chat template is named \"{}\"; known are {}", name.substr(0, 100), fmt::join(names(), ", ")));
  }
  const auto impl = std::make_shared<Impl>(fmt::format("{}{}", plain_preamble(), found->source));
  impl->stop.emplace_back(found->stop);
  return ChatTemplate(impl);
}

std::vector<std::string> ChatTemplate::names() {
  std::vector<std::string> all;
  for (const PlainFormat& format : plain_formats()) all.emplace_back(format.name);
  return all;
}

RenderedPrompt ChatTemplate::render(std::string_view messages, const RenderOptions& options) const {
  // A snippet that knows no roles may be given any list.
  const bool chats = impl_->source.find("role") != std::string::npos;
  const auto variables = template_variables(messages, options, chats);
  const jinja::Interpreter::Settings settings{.max_steps = options.max_steps,
                                              .max_output = options.max_output,
                                              .max_calls = options.max_depth,
                                              .now = options.now};
  try {
    auto [text, content] = impl_->parsed->render(variables, settings);
    return {std::move(text), std::move(content)};
  } catch (const jinja::Failure& failure) {
    fail_template(impl_->source, failure);
  }
}

std::string_view ChatTemplate::source() const noexcept { return impl_->source; }

const std::vector<std::string>& ChatTemplate::stop() const noexcept { return impl_->stop; }

}  // namespace ondol
