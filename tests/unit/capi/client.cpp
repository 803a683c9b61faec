#include "client.hpp"

#include "temp.hpp"

namespace test {
namespace {

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

/// `gguf` with one more string entry, made as long as the alignment of 32 needs: spaces after the value.
std::string with_entry(std::string gguf, const std::string& key, std::string value) {
  const auto entry = [&] {
    return little_endian(key.size(), 8) + key + little_endian(8, 4) + little_endian(value.size(), 8) + value;
  };
  while (entry().size() % 32 != 0) value += ' ';
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < 8; ++i) count |= std::uint64_t{static_cast<unsigned char>(gguf[16 + i])} << (8 * i);
  return gguf.replace(16, 8, little_endian(count + 1, 8) + entry());
}

}  // namespace

const std::string& stories_with_template() {
  static const TempFolder folder;
  static const std::string path =
      folder.write("chat.gguf", with_entry(read(stories()), "tokenizer.chat_template",
                                           "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
                                           "{% if add_generation_prompt %}assistant:{% endif %}{# #}"));
  return path;
}

Owned<ondol_result> finish(ondol_generation* generation) {
  std::string joined;
  Ids joined_ids;
  for (const ondol_piece* piece = nullptr;;) {
    succeed([&](auto** error) { return ondol_generation_next(generation, &piece, error); });
    if (!piece) break;
    joined += text(piece);
    for (const std::int32_t id : ids(piece)) joined_ids.push_back(id);
  }
  auto result =
      make<ondol_result>([&](auto** out, auto** error) { return ondol_generation_result(generation, out, error); });
  CHECK(joined == text(result.get()));
  CHECK(joined_ids == ids(result.get()));
  return result;
}

std::vector<float> last_logits(ondol_model* model, ondol_cache* cache, const Ids& tokens) {
  const auto pass = make<ondol_pass>([&](auto** out, auto** error) { return ondol_pass_new(model, out, error); });
  succeed([&](auto** error) {
    return ondol_pass_add(pass.get(), cache, tokens.data(), std::int64_t(tokens.size()), ONDOL_LOGITS_LAST, nullptr, 0,
                          nullptr, error);
  });
  succeed([&](auto** error) { return ondol_pass_run(pass.get(), nullptr, error); });
  std::vector<float> row(static_cast<std::size_t>(ondol_model_vocabulary(model)));
  succeed(
      [&](auto** error) { return ondol_pass_copy_logits(pass.get(), 0, row.data(), std::int64_t(row.size()), error); });
  return row;
}

}  // namespace test
