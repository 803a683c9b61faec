#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/fail.hpp"
#include "ondol/tasks.hpp"
#include "tasks/encoded.hpp"

namespace ondol {
namespace {

struct Mask {
  Token id;
  std::string name;
};

Mask mask_of(const Tokenizer& tokenizer) {
  for (const char* name : {"[MASK]", "<mask>"}) {
    if (const auto id = tokenizer.find(name)) return {*id, name};
  }
  fail(Status::unsupported, "fill_mask: the vocabulary has neither [MASK] nor <mask>");
}

/// What stands between the masks is plain text, whatever it looks like.
std::vector<TextRange> between(std::string_view text, std::string_view mask) {
  std::vector<TextRange> out;
  std::size_t begin = 0;
  for (std::size_t at = text.find(mask); at != text.npos; at = text.find(mask, begin)) {
    out.push_back({begin, at});
    begin = at + mask.size();
  }
  out.push_back({begin, text.size()});
  return out;
}

}  // namespace

std::vector<std::vector<Filled>> fill_mask(const Model& model, std::string_view text, std::size_t count,
                                           const std::stop_token& stop) {
  const Tokenizer& tokenizer = model.tokenizer();
  const Mask mask = mask_of(tokenizer);
  const std::vector<TextRange> plain = between(text, mask.name);
  if (plain.size() == 1) {
    fail(Status::invalid_argument, fmt::format("fill_mask: the text has no {}, expected at least one", mask.name));
  }
  Encoded encoded(model);
  encoded.add(tokenizer.encode_with_offsets(text, {}, {.parse_special = true, .plain = plain, .fit_length = false}));
  const std::vector<Token>& ids = encoded.encodings().front().ids;
  Tensor logits = std::move(encoded.read(Output::logits, stop).front());
  std::vector<std::vector<Filled>> out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] != mask.id) continue;
    const std::span<float> row = logits.row(i);
    softmax(row);
    std::vector<Token> order(row.size());
    std::iota(order.begin(), order.end(), 0);
    const std::size_t n = std::min(count, order.size());
    std::ranges::partial_sort(order, order.begin() + std::ptrdiff_t(n), [&](Token a, Token b) {
      const float left = row[std::size_t(a)];
      const float right = row[std::size_t(b)];
      return left != right ? left > right : a < b;
    });
    std::vector<Filled>& best = out.emplace_back();
    for (std::size_t k = 0; k < n; ++k) {
      const bool known = std::size_t(order[k]) < tokenizer.size();
      best.push_back({order[k], known ? tokenizer.decode({&order[k], 1}) : "", row[std::size_t(order[k])]});
    }
  }
  return out;
}

}  // namespace ondol
