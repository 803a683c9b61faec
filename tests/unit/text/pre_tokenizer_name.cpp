#include "text/gguf/pre_tokenizer_name.hpp"

#include <doctest/doctest.h>

#include <random>

#include "text/normalize/normalizers.hpp"
#include "text/split/pre_tokenizers.hpp"
#include "text/split/splitters.hpp"

using namespace ondol::text;

namespace {

using Steps = std::vector<std::unique_ptr<PreTokenizer>>;

void split(const Steps& steps, std::size_t step, const Piece& piece, std::vector<std::string>& out) {
  if (step == steps.size()) return out.emplace_back(piece.text), void();
  const auto next = [&](const Piece& part) { split(steps, step + 1, part, out); };
  steps[step]->split(piece, next);
}

/// Texts of what patterns tell apart, in any order.
std::vector<std::string> random_texts(std::size_t count) {
  const char* parts[] = {"a",  "B",  "word", "It", "'s", "'LL",  "'",   "1",  "23", "4567", " ",
                         " ",  "  ", "\t",   "\n", "\r", "\n\n", ".",   ",",  "!?", "/",    "(",
                         "_",  "$",  "+",    "`",  "<",  "é",    "Ж",   "ß",  "한", "온돌", "漢",
                         "字", "か", "カ",   "。", "，", "“",    "ไทย", "हि", "🙂", "²",    "\u0301"};
  std::mt19937 random(7);
  std::vector<std::string> texts(count);
  for (std::string& text : texts) {
    for (int i = 0; i < 12; ++i) text += parts[random() % std::size(parts)];
  }
  return texts;
}

}  // namespace

TEST_CASE("what a pre-tokenizer does gives a name with the same meaning") {
  const std::vector<std::string> texts = random_texts(400);
  for (const PreTokenizerKind& kind : pre_tokenizer_kinds()) {
    if (kind.characters) continue;
    CAPTURE(kind.name);
    std::vector<std::unique_ptr<Normalizer>> normalizers;
    if (kind.nfc) normalizers.push_back(std::make_unique<UnicodeForm>(UnicodeForm::nfc));
    auto steps = make_pre_tokenizers(kind.steps);
    steps.push_back(std::make_unique<SpellBytes>());
    const std::string_view name = pre_tokenizer_name(normalizers, steps, kind.ignore_merges);
    CAPTURE(name);
    const PreTokenizerKind* found = find_pre_tokenizer(name);
    REQUIRE(found);
    const Steps expected = make_pre_tokenizers(kind.steps), given = make_pre_tokenizers(found->steps);
    for (const std::string& text : texts) {
      CAPTURE(text);
      std::vector<std::string> a, b;
      split(expected, 0, {.text = text}, a);
      split(given, 0, {.text = text}, b);
      REQUIRE(a == b);
    }
    CHECK(found->nfc == kind.nfc);
    CHECK(found->ignore_merges == kind.ignore_merges);
  }
}

TEST_CASE("a splitting with no name has none") {
  Steps steps;
  steps.push_back(std::make_unique<FixedLength>(3));
  steps.push_back(std::make_unique<SpellBytes>());
  CHECK(pre_tokenizer_name({}, steps, false) == "");
}

TEST_CASE("text in front of all counts as a splitting of its own") {
  auto steps = make_pre_tokenizers(find_pre_tokenizer("gpt-2")->steps);
  steps.insert(steps.begin(), std::make_unique<PrefixSpace>());
  steps.push_back(std::make_unique<SpellBytes>());
  CHECK(pre_tokenizer_name({}, steps, false) == "");
}
