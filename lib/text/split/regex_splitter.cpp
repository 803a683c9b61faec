#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/split/regex_splitter.hpp"

#include <fmt/format.h>
#include <pcre2.h>
#include <simdjson.h>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "text/split/unicode_additions.hpp"

namespace ondol::text {
namespace {

constexpr std::uint32_t match_limit = 100'000'000;  // steps of the interpreter, where there is no JIT
constexpr std::uint32_t heap_limit = 256 * 1024;    // KiB, likewise
constexpr std::size_t jit_stack_start = 32 * 1024;  // bytes; pages are taken as they are used
constexpr std::size_t jit_stack_limit = 256 << 20;

constexpr std::string_view white_space =  // Unicode's property White_Space
    R"(\x09-\x0D\x20\x85\xA0\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

struct Free {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
  void operator()(pcre2_jit_stack* p) const { pcre2_jit_stack_free(p); }
};

std::string message_of(int error) {
  unsigned char text[256] = {};
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

/// A property value as the inside of a class. Scripts are meant without their extensions.
std::string property(std::string_view name) {
  return fmt::format("\\p{{{}{}}}{}", name.size() > 2 ? "sc:" : "", name, unicode_additions(name));
}

template <class T>
T* need(T* p) {
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

std::string to_pcre2(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  const auto put = [&](std::string_view members, bool negated) {
    out += in_class ? std::string(members) : fmt::format("[{}{}]", negated ? "^" : "", members);
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '[' && !in_class)
      in_class = true;
    else if (c == ']')
      in_class = false;
    if (c != '\\' || i + 1 == pattern.size()) {
      out += c;
      continue;
    }
    const char what = pattern[++i];
    if (what == 's' || (what == 'S' && !in_class)) {
      put(white_space, what == 'S');
    } else if (what == 'd') {
      put(property("Nd"), false);
    } else if (what == 'p' && pattern.substr(i).starts_with("p{")) {
      const std::size_t close = std::min(pattern.find('}', i), pattern.size() - 1);
      put(property(pattern.substr(i + 2, close - i - 2)), false);
      i = close;
    } else {
      out += c;
      out += what;
    }
  }
  return out;
}

struct RegexSplitter::Step {
  std::unique_ptr<pcre2_code, Free> code;
  SplitKind kind;
  bool jit;
};

/// What one call needs: results of the last match and, once a match asked for it, a larger JIT stack.
struct RegexSplitter::Scratch {
  std::unique_ptr<pcre2_match_data, Free> data{need(pcre2_match_data_create(1, nullptr))};
  std::unique_ptr<pcre2_match_context, Free> context{need(pcre2_match_context_create(nullptr))};
  std::unique_ptr<pcre2_jit_stack, Free> stack;

  Scratch() {
    pcre2_set_match_limit(context.get(), match_limit);
    pcre2_set_heap_limit(context.get(), heap_limit);
  }

  int match(const Step& step, std::string_view text, std::size_t from) {
    const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    const auto run = step.jit ? pcre2_jit_match : pcre2_match;
    const int found = run(step.code.get(), subject, text.size(), from, PCRE2_NO_UTF_CHECK, data.get(), context.get());
    if (found != PCRE2_ERROR_JIT_STACKLIMIT || stack) return found;
    stack.reset(need(pcre2_jit_stack_create(jit_stack_start, jit_stack_limit, nullptr)));
    pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
    return run(step.code.get(), subject, text.size(), from, PCRE2_NO_UTF_CHECK, data.get(), context.get());
  }
};

RegexSplitter::RegexSplitter(std::span<const SplitStep> steps) {
  for (const SplitStep& step : steps) {
    const std::string pattern = to_pcre2(step.pattern);
    int error = 0;
    std::size_t offset = 0;
    std::unique_ptr<pcre2_code, Free> code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                                         PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr));
    if (!code) {
      fail(Status::internal,
           fmt::format("pattern '{}': {} at byte {} of its PCRE2 form", step.pattern, message_of(error), offset));
    }
    const bool jit = pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE) == 0;
    steps_.push_back({std::move(code), step.kind, jit});
  }
}

RegexSplitter::~RegexSplitter() = default;

void RegexSplitter::split(std::string_view text, const PieceSink& sink) const {
  if (text.empty()) return;
  Scratch scratch;
  if (simdjson::validate_utf8(text.data(), text.size())) return split(0, text, scratch, sink);
  while (!text.empty()) {
    std::size_t n = 0;
    while (const std::size_t length = utf8_length(text.substr(n))) n += length;
    if (n != 0) split(0, text.substr(0, n), scratch, sink);
    text.remove_prefix(n);
    for (n = 0; n < text.size() && utf8_length(text.substr(n)) == 0;) ++n;
    if (n != 0) sink(text.substr(0, n));
    text.remove_prefix(n);
  }
}

void RegexSplitter::split(std::size_t index, std::string_view text, Scratch& scratch, const PieceSink& sink) const {
  if (index == steps_.size()) return sink(text);
  const Step& step = steps_[index];
  std::size_t done = 0;
  const auto piece = [&](std::size_t end) {
    if (end > done) split(index + 1, text.substr(done, end - done), scratch, sink);
    done = end;
  };
  for (std::size_t from = 0; from < text.size();) {
    const int found = scratch.match(step, text, from);
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found < 0) {
      fail(Status::unsupported,
           fmt::format("splitting {} bytes of text stopped at byte {}: {}", text.size(), from, message_of(found)));
    }
    const std::size_t* const match = pcre2_get_ovector_pointer(scratch.data.get());
    const std::size_t begin = match[0], end = match[1];
    if (end <= begin) {  // an empty match cuts nothing
      from = std::max(from, end) + utf8_length(text.substr(std::max(from, end)));
      continue;
    }
    if (step.kind == SplitKind::matches) {
      piece(begin);
      piece(end);
    } else {
      std::size_t digits = 0;
      for (std::size_t i = begin; i < end; i += utf8_length(text.substr(i))) ++digits;
      for (std::size_t i = begin; i < end; i += utf8_length(text.substr(i)), --digits) {
        if (digits % 3 == 0) piece(i);
      }
    }
    from = end;
  }
  piece(text.size());
}

}  // namespace ondol::text
