#include "chat/jinja/text.hpp"

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"

namespace ondol::jinja {
namespace {

std::size_t count_characters(std::string_view bytes) noexcept {
  return static_cast<std::size_t>(
      std::count_if(bytes.begin(), bytes.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// The first range that ends behind `byte`.
auto first_behind(std::span<const TextRange> ranges, std::size_t byte) {
  return std::partition_point(ranges.begin(), ranges.end(), [byte](const TextRange& r) { return r.end <= byte; });
}

}  // namespace

Text::Text() {
  static const auto nothing = std::make_shared<const Data>();
  data_ = nothing;
}

Text::Text(std::string bytes, Origin origin) : Text(uniform(std::move(bytes), origin == Origin::content, false)) {}

Text Text::uniform(std::string bytes, bool content, bool markup) {
  const std::size_t size = content ? bytes.size() : 0;
  const std::size_t length = count_characters(bytes);
  Text text;
  text.data_ = std::make_shared<const Data>(Data{std::move(bytes), {}, {0, size}, length, markup});
  return text;
}

Text::Text(std::string bytes, std::vector<TextRange> content, bool markup) {
  const std::size_t length = count_characters(bytes);
  *this = Text(std::move(bytes), std::move(content), markup, length);
}

Text::Text(std::string bytes, std::vector<TextRange> content, bool markup, std::size_t length)
    : data_(std::make_shared<const Data>(Data{std::move(bytes), std::move(content), {}, length, markup})) {}

std::size_t Text::byte_of(std::size_t index) const noexcept {
  if (ascii()) return index;
  if (index >= length()) return size();
  const std::string& text = bytes();
  std::size_t byte = 0;
  for (; index > 0; --index) {
    do ++byte;
    while (byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0) == 0x80);
  }
  return byte;
}

std::size_t Text::index_of(std::size_t byte) const noexcept {
  return ascii() ? byte : count_characters(view().substr(0, byte));
}

Text Text::slice(std::size_t begin, std::size_t end) const {
  if (begin == 0 && end == size()) return *this;
  if (!has_content() || data_->whole.end > 0)
    return uniform(bytes().substr(begin, end - begin), has_content(), markup());
  std::vector<TextRange> ranges;
  const auto marks = content();
  for (auto r = first_behind(marks, begin); r != marks.end() && r->begin < end; ++r) {
    ranges.push_back({std::max(r->begin, begin) - begin, std::min(r->end, end) - begin});
  }
  return {bytes().substr(begin, end - begin), std::move(ranges), markup()};
}

Text Text::as_markup(bool markup) const {
  return markup == this->markup() ? *this : Text(bytes(), {content().begin(), content().end()}, markup);
}

bool Text::is_content(std::size_t byte) const noexcept {
  const auto marks = content();
  const auto found = first_behind(marks, byte);
  return found != marks.end() && found->begin <= byte;
}

TextBuilder::Level::Level(TextBuilder& builder) : builder_(builder) {
  constexpr int max_levels = 500;
  if (builder.levels_ >= max_levels) throw Failure("the template nests values too deep to be written");
  ++builder.levels_;
}

void TextBuilder::append(const Text& text, std::size_t begin, std::size_t end) {
  limits_.growing(bytes_.size() + (end - begin));
  const std::size_t start = bytes_.size();
  const std::string_view part = text.view().substr(begin, end - begin);
  bytes_.append(part);
  length_ += part.size() == text.size() ? text.length() : count_characters(part);
  const auto marks = text.content();
  for (auto r = first_behind(marks, begin); r != marks.end() && r->begin < end; ++r) {
    mark(start + std::max(r->begin, begin) - begin, start + std::min(r->end, end) - begin);
  }
}

void TextBuilder::append(std::string_view bytes, Text::Origin origin) {
  limits_.growing(bytes_.size() + bytes.size());
  const std::size_t start = bytes_.size();
  bytes_.append(bytes);
  length_ += count_characters(bytes);
  if (origin == Text::Origin::content) mark(start, bytes_.size());
}

void TextBuilder::append(char32_t code, Text::Origin origin) {
  std::string bytes;
  utf8_append(bytes, code);
  append(bytes, origin);
}

void TextBuilder::repeat(std::string_view bytes, std::size_t times) {
  if (bytes.empty()) return;
  limits_.growing(times > SIZE_MAX / bytes.size() ? SIZE_MAX : times * bytes.size());
  limits_.growing(bytes_.size() + times * bytes.size());
  bytes_.reserve(bytes_.size() + times * bytes.size());
  length_ += times * count_characters(bytes);
  for (; times > 0; --times) bytes_.append(bytes);
}

void TextBuilder::reserve(std::size_t size) {
  limits_.growing(size);
  bytes_.reserve(size);
}

void TextBuilder::mark_from(std::size_t begin) {
  while (!content_.empty() && content_.back().begin >= begin) content_.pop_back();
  mark(begin, bytes_.size());
}

void TextBuilder::mark(std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  if (!content_.empty() && content_.back().end >= begin) {
    content_.back().end = end;
  } else {
    content_.push_back({begin, end});
  }
}

Text TextBuilder::finish(bool markup) {
  limits_.step(1 + bytes_.size() / 64);
  return {std::exchange(bytes_, {}), std::exchange(content_, {}), markup, std::exchange(length_, 0)};
}

std::pair<std::string, std::vector<TextRange>> TextBuilder::release() {
  return {std::exchange(bytes_, {}), std::exchange(content_, {})};
}

}  // namespace ondol::jinja
