#include <fmt/format.h>

#include <charconv>

#include "base/base64.hpp"
#include "base/fail.hpp"
#include "base/mapped_file.hpp"
#include "text/rank_tokenizer.hpp"
#include "text/tokenizer_files.hpp"

namespace ondol::text {
namespace {

/// Lines of a token in base64, a space and its rank.
std::vector<std::string> read_ranks(std::string_view file, const std::string& path) {
  std::vector<std::string> tokens;
  const std::size_t most = file.size() / 4 + 256;  // a line has at least four bytes
  for (std::size_t line = 1; !file.empty(); ++line) {
    std::string_view text = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(file.size(), text.size() + 1));
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty()) continue;
    const std::size_t blank = text.find(' ');
    std::size_t rank = 0;
    const auto number = blank == text.npos ? std::string_view() : text.substr(blank + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), rank);
    if (number.empty() || error != std::errc() || end != number.data() + number.size() || rank > most) {
      fail(Status::bad_file, fmt::format("{}, line {}: expected a token in base64 and its rank", path, line));
    }
    if (rank >= tokens.size()) tokens.resize(rank + 1);
    if (!tokens[rank].empty()) fail(Status::bad_file, fmt::format("{}, line {}: rank {} again", path, line, rank));
    tokens[rank] = base64_decode(text.substr(0, blank), fmt::format("{}, line {}", path, line));
  }
  return tokens;
}

}  // namespace

Tokenizer load_tiktoken(const std::string& path, const TokenizerOptions& options) {
  const PreTokenizerKind* kind = find_pre_tokenizer(options.pre_tokenizer);
  if (options.pattern.empty() && (!kind || kind->characters)) {
    fail(options.pre_tokenizer.empty() ? Status::invalid_argument : Status::unsupported,
         fmt::format(
             "{}: ranks do not say how text is cut: give the option pattern, or pre_tokenizer with a known name "
             "(\"llama-bpe\" is that of cl100k_base, \"gpt-4o\" that of o200k_base, \"gpt-2\" that of r50k_base)",
             path));
  }
  RankData data;
  data.tokens = read_ranks(MappedFile::open(path)->text(), path);
  data.control = options.special_tokens;
  if (options.pattern.empty())
    data.steps.assign(kind->steps.begin(), kind->steps.end());
  else
    data.steps = {{options.pattern}};
  return make_rank_tokenizer(std::move(data), path);
}

}  // namespace ondol::text
