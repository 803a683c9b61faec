#pragma once

#include <doctest/doctest.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data.hpp"
#include "ondol.h"

namespace test {

struct Free {
  void operator()(ondol_error* p) const { ondol_error_free(p); }
  void operator()(ondol_string* p) const { ondol_string_free(p); }
  void operator()(ondol_tokens* p) const { ondol_tokens_free(p); }
  void operator()(ondol_tensor* p) const { ondol_tensor_free(p); }
  void operator()(ondol_control* p) const { ondol_control_free(p); }
  void operator()(ondol_runtime* p) const { ondol_runtime_free(p); }
  void operator()(ondol_model* p) const { ondol_model_free(p); }
  void operator()(ondol_tokenizer* p) const { ondol_tokenizer_free(p); }
  void operator()(ondol_detokenizer* p) const { ondol_detokenizer_free(p); }
  void operator()(ondol_template* p) const { ondol_template_free(p); }
  void operator()(ondol_rendered* p) const { ondol_rendered_free(p); }
  void operator()(ondol_cache* p) const { ondol_cache_free(p); }
  void operator()(ondol_pass* p) const { ondol_pass_free(p); }
  void operator()(ondol_prompt* p) const { ondol_prompt_free(p); }
  void operator()(ondol_result* p) const { ondol_result_free(p); }
  void operator()(ondol_generation* p) const { ondol_generation_free(p); }
  void operator()(ondol_score* p) const { ondol_score_free(p); }
  void operator()(ondol_chat* p) const { ondol_chat_free(p); }
  void operator()(ondol_reply_parser* p) const { ondol_reply_parser_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// What a call said; `call` takes the error argument.
struct Outcome {
  ondol_status status = ONDOL_OK;
  std::string message;
  std::int64_t offset = -1;
};
template <class Call>
Outcome outcome(Call&& call) {
  ondol_error* error = nullptr;
  const ondol_status status = call(&error);
  Outcome result{status, ondol_error_message(error), ondol_error_offset(error)};
  CHECK(ondol_error_code(error) == status);
  CHECK((error == nullptr) == (status == ONDOL_OK));
  ondol_error_free(error);
  return result;
}

template <class Call>
void succeed(Call&& call) {
  const Outcome result = outcome(call);
  REQUIRE_MESSAGE(result.status == ONDOL_OK, result.message);
}

/// The object that a successful call gives; `call` takes the output and the error argument.
template <class T, class Call>
Owned<T> make(Call&& call) {
  T* out = nullptr;
  succeed([&](ondol_error** error) { return call(&out, error); });
  REQUIRE(out != nullptr);
  return Owned<T>(out);
}
template <class Call>
requires std::invocable<Call, ondol_string**, ondol_error**> std::string text(Call&& call) {
  const auto string = make<ondol_string>(call);
  const char* data = ondol_string_data(string.get());
  const std::int64_t size = ondol_string_size(string.get());
  CHECK(data[size] == '\0');
  return {data, static_cast<std::size_t>(size)};
}

using Ids = std::vector<std::int32_t>;

inline std::string stories() { return data("stories260K/stories260K.gguf").string(); }
/// The same model with a chat template in the file; path of a file of this process.
const std::string& stories_with_template();

inline Owned<ondol_model> load(const std::string& path, const char* options = R"({"threads":2})",
                               const ondol_runtime* runtime = nullptr) {
  return make<ondol_model>([&](auto** out, auto** error) {
    return ondol_model_load(runtime, path.data(), std::int64_t(path.size()), options, -1, nullptr, out, error);
  });
}
inline Owned<ondol_model> load() { return load(stories()); }

inline Owned<ondol_prompt> prompt(std::string_view text) {
  return make<ondol_prompt>(
      [&](auto** out, auto** error) { return ondol_prompt_text(text.data(), std::int64_t(text.size()), out, error); });
}
inline Owned<ondol_prompt> prompt(const Ids& ids) {
  return make<ondol_prompt>(
      [&](auto** out, auto** error) { return ondol_prompt_ids(ids.data(), std::int64_t(ids.size()), out, error); });
}
inline Owned<ondol_cache> cache(const ondol_model* model) {
  return make<ondol_cache>([&](auto** out, auto** error) { return ondol_cache_new(model, out, error); });
}
inline std::int64_t length(const ondol_cache* cache) {
  std::int64_t out = -1;
  succeed([&](auto** error) { return ondol_cache_length(cache, &out, error); });
  return out;
}
inline Owned<ondol_generation> generate(const ondol_model* model, const ondol_prompt* prompt,
                                        const char* options = R"({"max_tokens":20})",
                                        const ondol_cache* cache = nullptr, ondol_control* control = nullptr) {
  return make<ondol_generation>([&](auto** out, auto** error) {
    return ondol_model_generate(model, cache, prompt, options, -1, control, out, error);
  });
}
/// Pulls to the end; the joined pieces are checked against the result.
Owned<ondol_result> finish(ondol_generation* generation);
inline std::string text(const ondol_piece* piece) {
  return {ondol_piece_text(piece), static_cast<std::size_t>(ondol_piece_size(piece))};
}
inline std::string text(const ondol_result* result) { return text(ondol_result_piece(result)); }
inline Ids ids(const ondol_piece* piece) {
  return {ondol_piece_ids(piece), ondol_piece_ids(piece) + ondol_piece_count(piece)};
}
inline Ids ids(const ondol_result* result) { return ids(ondol_result_piece(result)); }
inline std::string json(const ondol_result* result) {
  return text([&](auto** out, auto** error) { return ondol_result_json(result, out, error); });
}
/// The logits of the last of `tokens`, appended to `cache`.
std::vector<float> last_logits(ondol_model* model, ondol_cache* cache, const Ids& tokens);

}  // namespace test
