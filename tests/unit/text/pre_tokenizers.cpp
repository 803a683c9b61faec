#include "text/split/pre_tokenizers.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>

using namespace ondol::text;

namespace {

using Steps = std::vector<std::unique_ptr<PreTokenizer>>;

template <class Sink>
void run(const Steps& steps, std::size_t step, const Piece& piece, const Sink& sink) {
  if (step == steps.size()) return sink(piece.text);
  const auto next = [&](const Piece& part) { run(steps, step + 1, part, sink); };
  steps[step]->split(piece, next);
}

std::vector<std::string> pieces(std::string_view name, std::string_view text) {
  std::vector<std::string> out;
  run(make_pre_tokenizers(find_pre_tokenizer(name)->steps), 0, {.text = text},
      [&](std::string_view piece) { out.emplace_back(piece); });
  return out;
}

using Pieces = std::vector<std::string>;

std::string repeat(std::string_view unit, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += unit;
  return out;
}

double seconds(const Steps& steps, std::string_view text) {
  const auto start = std::chrono::steady_clock::now();
  std::size_t bytes = 0;
  run(steps, 0, {.text = text}, [&](std::string_view piece) { bytes += piece.size(); });
  CHECK(bytes == text.size());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("pre-tokenizers: every name is there once and its patterns compile") {
  std::set<std::string_view> names;
  for (const PreTokenizerKind& kind : pre_tokenizer_kinds()) {
    CAPTURE(kind.name);
    CHECK(names.insert(kind.name).second);
    CHECK(find_pre_tokenizer(kind.name) == &kind);
    CHECK_NOTHROW((void)make_pre_tokenizers(kind.steps));
  }
  CHECK(find_pre_tokenizer("no-such") == nullptr);
}

TEST_CASE("pre-tokenizers: characters newer than PCRE2's Unicode, and white space") {
  // U+31350 (CJK extension H, Unicode 15.0) and U+2EBF0 (I, 15.1) are letters, U+1E4F0 (15.0) is a digit.
  CHECK(pieces("gpt-2", "\U00031350\U0002EBF0a") == Pieces{"\U00031350\U0002EBF0a"});
  CHECK(pieces("llama-bpe", "\U0001E4F0\U0001E4F1\U0001E4F2\U0001E4F3").size() == 2);
  CHECK(pieces("gpt-2", "!\U0001E4F0").size() == 2);
  // U+180E is no white space any more, U+0085 and U+202F are.
  CHECK(pieces("gpt-2", "\u180E!") == Pieces{"\u180E!"});
  CHECK(pieces("gpt-2", "a\u0085\u202Fb") == Pieces{"a", "\u0085", "\u202F", "b"});
}

TEST_CASE("pre-tokenizers: digits in groups of three") {
  CHECK(pieces("superbpe", "x1234567y") == Pieces{"x", "1", "234", "567", "y"});
  CHECK(pieces("superbpe", "123456") == Pieces{"123", "456"});
  CHECK(pieces("superbpe", "½4567") == Pieces{"½4", "567"});
  CHECK(pieces("superbpe", "9²") == Pieces{"9²"});
  CHECK(pieces("tiny_aya", "1234567 12345a") == Pieces{"1", "234", "567", " ", "123", "45", "a"});
  CHECK(pieces("llama-bpe", "1234567") == Pieces{"123", "456", "7"});
  CHECK(pieces("kimi-k2", "漢字かなABc漢") == Pieces{"漢字", "かなABc", "漢"});
}

TEST_CASE("pre-tokenizers: a megabyte of anything takes a few times as long as prose") {
  constexpr std::size_t size = 1 << 20;
  const std::string prose = repeat("The kettle sings while the floor grows warm; 온돌은 바닥을 데운다.\n", size);
  std::set<const SplitStep*> done;  // many names share their steps
  for (const PreTokenizerKind& kind : pre_tokenizer_kinds()) {
    CAPTURE(kind.name);
    if (kind.characters || !done.insert(kind.steps.data()).second) continue;
    const Steps steps = make_pre_tokenizers(kind.steps);
    const double usual = seconds(steps, prose);
    for (const std::string unit :
         {"a", "A", "aA", "1", " ", "\n", " \n", "!", "'", "\u0301", "\uAC00", "\u4E00", "a ", "\xF0\x9F\x98\x80"}) {
      CAPTURE(unit);
      CHECK(seconds(steps, repeat(unit, size)) < 12 * usual + 0.2);
      CHECK(seconds(steps, repeat(unit, size) + (unit == "1" ? "x" : "1")) < 12 * usual + 0.2);
    }
  }
}
