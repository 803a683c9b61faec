#include "handles.hpp"
#include "options.hpp"

using namespace ondol;
using namespace ondol::capi;

struct ondol_detokenizer final : Object {
  ondol_detokenizer(Tokenizer tokenizer, const DecodeOptions& options, StreamUnit unit)
      : stream(std::move(tokenizer), options, unit) {}
  Detokenizer stream;
  std::string text;  // what the caller borrows
};

namespace {

DecodeOptions decode_options(std::int32_t flags) {
  check_flags(flags, ONDOL_SKIP_SPECIAL);
  return {.skip_special = (flags & ONDOL_SKIP_SPECIAL) != 0};
}

std::vector<TextRange> ranges_in(const std::int64_t* pairs, std::int64_t count) {
  if (count > INT64_MAX / 2) misuse("plain's count is " + std::to_string(count));
  const auto ends = list_in(pairs, 2 * count, "plain");
  std::vector<TextRange> ranges;
  for (std::size_t i = 0; i < ends.size(); i += 2) {
    ranges.push_back({count_in(ends[i], "a plain range's begin"), count_in(ends[i + 1], "a plain range's end")});
  }
  return ranges;
}

template <class List>
Json numbers_of(const List& list) {
  Json::Array numbers;
  for (const auto value : list) numbers.emplace_back(static_cast<std::int64_t>(value));
  return Json(std::move(numbers));
}

Json json_of(const Encoding& encoding) {
  Json::Array offsets;
  for (const TextRange& r : encoding.offsets) {
    offsets.push_back(Json::array({static_cast<std::int64_t>(r.begin), static_cast<std::int64_t>(r.end)}));
  }
  return Json::object({{"ids", numbers_of(encoding.ids)},
                       {"offsets", Json(std::move(offsets))},
                       {"type_ids", numbers_of(encoding.type_ids)},
                       {"special_mask", numbers_of(encoding.special_mask)},
                       {"attention_mask", numbers_of(encoding.attention_mask)}});
}

void lend(std::string_view text, const char** data, int64_t* size) {
  *data = text.data();
  *size = static_cast<int64_t>(text.size());
}

/// The common shape of the stream's calls: the text of `step` is kept in the handle and lent to the caller.
template <class Step>
ondol_status stream_call(const char* function, ondol_detokenizer* detokenizer, const char** text, int64_t* size,
                         ondol_error** error, Step&& step) {
  return guard(function, error, [&] {
    const auto held = use(detokenizer, "detokenizer");
    require(text, "text");
    require(size, "size");
    held->text = step(held->stream);
    lend(held->text, text, size);
  });
}

}  // namespace

extern "C" {

ondol_status ondol_tokenizer_load(const char* path, int64_t path_size, const char* options, int64_t options_size,
                                  ondol_tokenizer** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const std::string_view file = path_in(path, path_size);
    require(out, "out");
    give(out, Tokenizer::load(file, tokenizer_options(read_options(options, options_size, Topic::tokenizer))));
  });
}

int64_t ondol_tokenizer_size(const ondol_tokenizer* tokenizer) {
  return tokenizer ? static_cast<int64_t>(tokenizer->value.size()) : 0;
}

int32_t ondol_tokenizer_special(const ondol_tokenizer* tokenizer, int32_t which) {
  if (!tokenizer) return -1;
  switch (which) {
    case ONDOL_BOS: return tokenizer->value.bos().value_or(-1);
    case ONDOL_EOS: return tokenizer->value.eos().value_or(-1);
    case ONDOL_UNKNOWN: return tokenizer->value.unknown().value_or(-1);
    case ONDOL_PADDING: return tokenizer->value.padding().value_or(-1);
    default: return -1;
  }
}

ondol_status ondol_tokenizer_find(const ondol_tokenizer* tokenizer, const char* text, int64_t size, int32_t* out,
                                  ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(tokenizer, "tokenizer");
    const std::string_view spelling = text_in(text, size, "text");
    require(out, "out");
    *out = held->value.find(spelling).value_or(-1);
  });
}

ondol_status ondol_tokenizer_token_kind(const ondol_tokenizer* tokenizer, int32_t id, int32_t* out,
                                        ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(tokenizer, "tokenizer");
    require(out, "out");
    *out = (held->value.is_special(id) ? ONDOL_TOKEN_CONTROL : 0) | (held->value.is_end(id) ? ONDOL_TOKEN_END : 0);
  });
}

ondol_status ondol_tokenizer_token_text(const ondol_tokenizer* tokenizer, int32_t id, ondol_string** out,
                                        ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(tokenizer, "tokenizer");
    require(out, "out");
    give(out, std::string(held->value.token_text(id)));
  });
}

ondol_status ondol_tokenizer_token_bytes(const ondol_tokenizer* tokenizer, int32_t id, ondol_string** out,
                                         ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(tokenizer, "tokenizer");
    require(out, "out");
    give(out, held->value.token_bytes(id));
  });
}

ondol_status ondol_tokenizer_encode(const ondol_tokenizer* tokenizer, const char* text, int64_t size, int32_t flags,
                                    const int64_t* plain, int64_t plain_count, ondol_tokens** out,
                                    ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(tokenizer, "tokenizer");
    const std::string_view words = text_in(text, size, "text");
    check_flags(flags, ONDOL_ADD_SPECIAL | ONDOL_PARSE_SPECIAL);
    const std::vector<TextRange> ranges = ranges_in(plain, plain_count);
    require(out, "out");
    give(out, held->value.encode(words, {.add_special = (flags & ONDOL_ADD_SPECIAL) != 0,
                                         .parse_special = (flags & ONDOL_PARSE_SPECIAL) != 0,
                                         .plain = ranges}));
  });
}

ondol_status ondol_tokenizer_encoding(const ondol_tokenizer* tokenizer, const char* text, int64_t size,
                                      const char* pair, int64_t pair_size, int32_t flags, ondol_string** out,
                                      ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(tokenizer, "tokenizer");
    const std::string_view words = text_in(text, size, "text");
    std::optional<std::string_view> second;
    if (pair) second = text_in(pair, pair_size, "pair");
    check_flags(flags, ONDOL_ADD_SPECIAL | ONDOL_PARSE_SPECIAL);
    require(out, "out");
    give(out, json_of(held->value.encode_with_offsets(words, second,
                                                      {.add_special = (flags & ONDOL_ADD_SPECIAL) != 0,
                                                       .parse_special = (flags & ONDOL_PARSE_SPECIAL) != 0}))
                  .dump());
  });
}

ondol_status ondol_tokenizer_decode(const ondol_tokenizer* tokenizer, const int32_t* ids, int64_t count, int32_t flags,
                                    ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(tokenizer, "tokenizer");
    const auto tokens = list_in(ids, count, "ids");
    require(out, "out");
    give(out, held->value.decode(tokens, decode_options(flags)));
  });
}

ondol_status ondol_tokenizer_decode_bytes(const ondol_tokenizer* tokenizer, const int32_t* ids, int64_t count,
                                          int32_t flags, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(tokenizer, "tokenizer");
    const auto tokens = list_in(ids, count, "ids");
    require(out, "out");
    give(out, held->value.decode_bytes(tokens, decode_options(flags)));
  });
}

void ondol_tokenizer_free(ondol_tokenizer* tokenizer) { release(tokenizer); }

ondol_status ondol_detokenizer_new(const ondol_tokenizer* tokenizer, int32_t flags, ondol_detokenizer** out,
                                   ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(tokenizer, "tokenizer");
    require(out, "out");
    const StreamUnit unit = (flags & ONDOL_GRAPHEMES) != 0 ? StreamUnit::graphemes : StreamUnit::characters;
    give(out, held->value, decode_options(flags & ~ONDOL_GRAPHEMES), unit);
  });
}

ondol_status ondol_detokenizer_add(ondol_detokenizer* detokenizer, int32_t id, const char** text, int64_t* size,
                                   ondol_error** error) {
  return stream_call(__func__, detokenizer, text, size, error, [&](Detokenizer& stream) { return stream.add(id); });
}

ondol_status ondol_detokenizer_flush(ondol_detokenizer* detokenizer, const char** text, int64_t* size,
                                     ondol_error** error) {
  return stream_call(__func__, detokenizer, text, size, error, [](Detokenizer& stream) { return stream.flush(); });
}

ondol_status ondol_detokenizer_pending(ondol_detokenizer* detokenizer, const char** bytes, int64_t* size,
                                       ondol_error** error) {
  return stream_call(__func__, detokenizer, bytes, size, error,
                     [](Detokenizer& stream) { return std::string(stream.pending()); });
}

void ondol_detokenizer_free(ondol_detokenizer* detokenizer) { release(detokenizer); }

}  // extern "C"
