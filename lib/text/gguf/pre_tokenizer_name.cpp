#include "text/gguf/pre_tokenizer_name.hpp"

#include <string>
#include <vector>

#include "text/gguf/probe.hpp"
#include "text/normalize/normalizers.hpp"
#include "text/split/pre_tokenizers.hpp"
#include "text/split/splitters.hpp"

namespace ondol::text {
namespace {

using Normalizers = std::span<const std::unique_ptr<Normalizer>>;
using PreTokenizers = std::span<const std::unique_ptr<PreTokenizer>>;

void split(PreTokenizers steps, const Piece& piece, std::vector<std::string>& out) {
  if (steps.empty()) return out.emplace_back(piece.text), void();
  const auto next = [&](const Piece& part) { split(steps.subspan(1), part, out); };
  steps.front()->split(piece, next);
}

std::vector<std::string> pieces(Normalizers normalizers, PreTokenizers steps, std::span<const std::string_view> texts) {
  std::vector<std::string> out;
  for (const std::string_view text : texts) {
    AlignedText normal(text, true);
    for (const auto& normalizer : normalizers) normalizer->apply(normal);
    split(steps, normal.piece(), out);
  }
  return out;
}

}  // namespace

std::string_view pre_tokenizer_name(Normalizers normalizers, PreTokenizers pre_tokenizers, bool ignore_merges) {
  const std::string_view decomposed[] = {decomposed_text};
  const auto plain = pieces(normalizers, pre_tokenizers, probe_texts);
  const auto normal = pieces(normalizers, pre_tokenizers, decomposed);
  std::vector<std::unique_ptr<Normalizer>> nfc;
  nfc.push_back(std::make_unique<UnicodeForm>(UnicodeForm::nfc));
  std::string_view best;
  int best_fit = -1;
  for (const PreTokenizerKind& kind : pre_tokenizer_kinds()) {
    if (kind.characters) continue;
    auto steps = make_pre_tokenizers(kind.steps);
    steps.push_back(std::make_unique<SpellBytes>());
    const Normalizers own(nfc.data(), kind.nfc ? 1 : 0);
    if (pieces(own, steps, probe_texts) != plain) continue;
    const int fit = 2 * (kind.ignore_merges == ignore_merges) + (pieces(own, steps, decomposed) == normal);
    if (fit > best_fit) best = kind.name, best_fit = fit;
  }
  return best;
}

}  // namespace ondol::text
