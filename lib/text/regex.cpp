#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/regex.hpp"

#include <fmt/format.h>
#include <pcre2.h>

#include "base/fail.hpp"
#include "base/utf8.hpp"

namespace ondol::text {
namespace {

constexpr std::uint32_t match_limit = 100'000'000;  // steps of the interpreter, where there is no JIT
constexpr std::uint32_t heap_limit = 256 * 1024;    // KiB, likewise
constexpr std::size_t jit_stack_start = 32 * 1024;  // bytes; pages are taken as they are used
constexpr std::size_t jit_stack_limit = 256 << 20;

struct Free {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
  void operator()(pcre2_compile_context* p) const { pcre2_compile_context_free(p); }
  void operator()(pcre2_jit_stack* p) const { pcre2_jit_stack_free(p); }
};

std::string message_of(int error) {
  unsigned char text[256] = {};
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

template <class T>
T* need(T* p) {
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

/// What one search needs: results of the last match and, once a match asked for it, a larger JIT stack.
struct Regex::Search::Scratch {
  std::unique_ptr<pcre2_match_data, Free> data{need(pcre2_match_data_create(1, nullptr))};
  std::unique_ptr<pcre2_match_context, Free> context{need(pcre2_match_context_create(nullptr))};
  std::unique_ptr<pcre2_jit_stack, Free> stack;

  Scratch() {
    pcre2_set_match_limit(context.get(), match_limit);
    pcre2_set_heap_limit(context.get(), heap_limit);
  }
};

struct Regex::Code {
  std::unique_ptr<pcre2_code, Free> code;
  bool jit = false;
  std::atomic<Search::Scratch*> spare{nullptr};  // of the last search, for the next one
  ~Code() { delete spare.load(); }
};

Regex::Regex(std::string_view pattern) : code_(std::make_unique<Code>()) {
  const std::string translated = to_pcre2(pattern);
  const std::unique_ptr<pcre2_compile_context, Free> context(need(pcre2_compile_context_create(nullptr)));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  std::size_t offset = 0;
  code_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                                  PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE, &error, &offset, context.get()));
  if (!code_->code) {
    fail(Status::unsupported,
         fmt::format("pattern '{}': {} at byte {} of its PCRE2 form", pattern, message_of(error), offset));
  }
  code_->jit = pcre2_jit_compile(code_->code.get(), PCRE2_JIT_COMPLETE) == 0;
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;

Regex::Search::Search(const Regex& regex, std::string_view text)
    : regex_(regex), text_(text), scratch_(regex.code_->spare.exchange(nullptr, std::memory_order_acq_rel)) {
  if (!scratch_) scratch_ = std::make_unique<Scratch>();
}

Regex::Search::~Search() {
  if (scratch_->stack) return;  // too large to be kept
  delete regex_.code_->spare.exchange(scratch_.release(), std::memory_order_acq_rel);
}

std::optional<Regex::Match> Regex::Search::next() {
  const Code& code = *regex_.code_;
  const auto subject = reinterpret_cast<PCRE2_SPTR>(text_.data());
  const auto run = [&] {
    return (code.jit ? pcre2_jit_match : pcre2_match)(code.code.get(), subject, text_.size(), from_, PCRE2_NO_UTF_CHECK,
                                                      scratch_->data.get(), scratch_->context.get());
  };
  while (from_ <= text_.size()) {
    int found = run();
    if (found == PCRE2_ERROR_JIT_STACKLIMIT && !scratch_->stack) {
      scratch_->stack.reset(need(pcre2_jit_stack_create(jit_stack_start, jit_stack_limit, nullptr)));
      pcre2_jit_stack_assign(scratch_->context.get(), nullptr, scratch_->stack.get());
      found = run();
    }
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found < 0) {
      fail(Status::unsupported,
           fmt::format("splitting {} bytes of text stopped at byte {}: {}", text_.size(), from_, message_of(found)));
    }
    const std::size_t* const match = pcre2_get_ovector_pointer(scratch_->data.get());
    const std::size_t begin = match[0], end = std::max(match[0], match[1]);
    from_ = end;
    if (begin == end) {
      if (begin == last_end_) {
        from_ += std::max<std::size_t>(1, utf8_length(text_.substr(end)));
        continue;
      }
    }
    last_end_ = end;
    return Match{begin, end};
  }
  return std::nullopt;
}

}  // namespace ondol::text
