#include "text/models/plamo2.hpp"

#include "text/decode/bytes.hpp"
#include "text/gguf/vocabulary_file.hpp"
#include "text/normalize/normalizers.hpp"

namespace ondol::text {
namespace {

/// PLaMo 2 leaves a byte order mark out.
bool is_byte_order_mark(char32_t c) noexcept { return c == 0xFEFF; }

}  // namespace

Tokenizer make_plamo2(const VocabularyFile& file) {
  const std::vector<double> scores = file.scores();
  Vocabulary vocabulary(file.tokens, file.types(false));
  return finish(file, std::move(vocabulary), {}, [&](const Vocabulary& v, const SpecialTokens&) {
    Pipeline p;
    p.normalizers.push_back(std::make_unique<DropFirst>(is_byte_order_mark));
    p.model = std::make_unique<Plamo2>(v, scores);
    p.decoder = std::make_unique<BytesDecoder>(v);
    return p;
  });
}

}  // namespace ondol::text
