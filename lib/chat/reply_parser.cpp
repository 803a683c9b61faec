#include "ondol/reply_parser.hpp"

#include <algorithm>
#include <utility>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "chat/replies/formats.hpp"

namespace ondol {
namespace {

/// Makes valid UTF-8 of bytes that arrive in pieces.
class WholeCharacters {
 public:
  /// The whole characters, with U+FFFD for what is none.
  std::string add(std::string_view bytes) {
    std::string text = std::exchange(begun_, {});
    text += bytes;
    for (std::size_t size = 1; size <= std::min<std::size_t>(3, text.size()); ++size) {
      const std::string_view end = std::string_view(text).substr(text.size() - size);
      if (!utf8_incomplete(end)) continue;
      begun_ = end;
      text.erase(text.size() - size);
      break;
    }
    return utf8_valid(text) ? text : utf8_repair(text);
  }
  std::string finish() { return utf8_repair(std::exchange(begun_, {})); }

 private:
  std::string begun_;
};

}  // namespace

struct ReplyParser::Impl {
  Impl(const replies::Format& format, const ReplyOptions& options)
      : tools(options.tools), context{format, tools}, reading(format.reply(context)) {
    read(utf8_repair(format.prefix(format, options.prefix)));
    context.in.begin();
    context.out = replies::Output();
  }

  void read(std::string_view text) {
    context.in.add(text);
    (void)reading.run();
    context.in.forget();
  }

  replies::Tools tools;
  replies::Context context;
  replies::Reading reading;
  WholeCharacters characters;
  bool finished = false;
};

ReplyParser::ReplyParser(std::string_view format, const ReplyOptions& options)
    : impl_(std::make_unique<Impl>(replies::find_format(format), options)) {}

ReplyDelta ReplyParser::add(std::string_view text) {
  if (impl_->finished) fail(Status::invalid_argument, "reply parser: text was added after its end");
  impl_->read(impl_->characters.add(text));
  return impl_->context.out.take_new();
}

ReplyDelta ReplyParser::finish() {
  if (std::exchange(impl_->finished, true)) return {};
  impl_->context.in.end();
  impl_->read(impl_->characters.finish());
  impl_->context.out.finish();
  return impl_->context.out.take_new();
}

ParsedReply ReplyParser::reply() const { return impl_->context.out.reply(); }

ReplyParser::ReplyParser(ReplyParser&&) noexcept = default;
ReplyParser& ReplyParser::operator=(ReplyParser&&) noexcept = default;
ReplyParser::~ReplyParser() = default;

ParsedReply parse_reply(std::string_view text, std::string_view format, const ReplyOptions& options) {
  ReplyParser parser(format, options);
  (void)parser.add(text);
  (void)parser.finish();
  return parser.reply();
}

std::vector<std::string> reply_formats() {
  std::vector<std::string> names;
  for (const replies::Format* format : replies::formats()) names.emplace_back(format->name);
  return names;
}

}  // namespace ondol
