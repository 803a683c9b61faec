#include "reply.hpp"

#include "base/json.hpp"

using namespace ondol;
using namespace ondol::capi;

ondol_piece::ondol_piece(std::string text, std::vector<ChosenToken> tokens)
    : text(std::move(text)), tokens(std::move(tokens)) {
  for (const ChosenToken& token : this->tokens) ids.push_back(token.id);
}

namespace {

const ChosenToken& token_at(const ondol_piece* piece, std::int64_t index) {
  require(piece, "piece");
  return piece->tokens[index_in(index, piece->tokens.size(), "index")];
}

template <class T, class Value>
void put(T* out, const Value& value) {
  if (out) *out = static_cast<T>(value);
}

void put_candidate(const Candidate& candidate, int32_t* id, float* logprob, const char** bytes, int64_t* bytes_size) {
  put(id, candidate.id);
  put(logprob, candidate.logprob);
  put(bytes, candidate.bytes.c_str());
  put(bytes_size, candidate.bytes.size());
}

Json bytes_json(const std::string& bytes) {
  Json::Array numbers;
  for (const char byte : bytes) numbers.push_back(int{static_cast<unsigned char>(byte)});
  return numbers;
}

Json candidate_json(const Candidate& candidate) {
  return Json::object(
      {{"id", candidate.id}, {"logprob", double{candidate.logprob}}, {"bytes", bytes_json(candidate.bytes)}});
}

Json token_json(const ChosenToken& token) {
  Json::Array top;
  for (const Candidate& candidate : token.top) top.push_back(candidate_json(candidate));
  return Json::object({{"id", token.id},
                       {"logprob", double{token.logprob}},
                       {"entropy", double{token.entropy}},
                       {"bytes", bytes_json(token.bytes)},
                       {"top", std::move(top)}});
}

Json timings_json(const Timings& timings) {
  return Json::object({{"prompt_tokens", std::uint64_t{timings.prompt_tokens}},
                       {"cached_tokens", std::uint64_t{timings.cached_tokens}},
                       {"dropped_tokens", std::uint64_t{timings.dropped_tokens}},
                       {"generated_tokens", std::uint64_t{timings.generated_tokens}},
                       {"prefill_seconds", timings.prefill_seconds},
                       {"first_piece_seconds", timings.first_piece_seconds},
                       {"decode_seconds", timings.decode_seconds},
                       {"prompt_tokens_per_second", timings.prompt_tokens_per_second()},
                       {"generated_tokens_per_second", timings.generated_tokens_per_second()}});
}

Json result_json(const ondol_result& result) {
  Json::Array tokens;
  for (const ChosenToken& token : result.piece.tokens) tokens.push_back(token_json(token));
  return Json::object({{"text", result.piece.text},
                       {"ids", Json::Array(result.rest.ids.begin(), result.rest.ids.end())},
                       {"finish", finish_name(result.rest.finish)},
                       {"stop", result.rest.stop},
                       {"seed", result.rest.seed},
                       {"tokens", std::move(tokens)},
                       {"timings", timings_json(result.rest.timings)}});
}

}  // namespace

extern "C" {

const char* ondol_finish_name(int32_t finish) { return finish_name(static_cast<Finish>(finish)); }

const char* ondol_piece_text(const ondol_piece* piece) { return piece ? piece->text.c_str() : ""; }

int64_t ondol_piece_size(const ondol_piece* piece) { return piece ? static_cast<int64_t>(piece->text.size()) : 0; }

const int32_t* ondol_piece_ids(const ondol_piece* piece) { return piece ? piece->ids.data() : nullptr; }

int64_t ondol_piece_count(const ondol_piece* piece) { return piece ? static_cast<int64_t>(piece->ids.size()) : 0; }

ondol_status ondol_piece_token(const ondol_piece* piece, int64_t index, int32_t* id, float* logprob, float* entropy,
                               const char** bytes, int64_t* bytes_size, ondol_error** error) {
  return guard(__func__, error, [&] {
    const ChosenToken& token = token_at(piece, index);
    put_candidate(token, id, logprob, bytes, bytes_size);
    put(entropy, token.entropy);
  });
}

ondol_status ondol_piece_top_count(const ondol_piece* piece, int64_t index, int64_t* out, ondol_error** error) {
  return guard(__func__, error, [&] {
    require(out, "out");
    *out = static_cast<int64_t>(token_at(piece, index).top.size());
  });
}

ondol_status ondol_piece_top(const ondol_piece* piece, int64_t index, int64_t rank, int32_t* id, float* logprob,
                             const char** bytes, int64_t* bytes_size, ondol_error** error) {
  return guard(__func__, error, [&] {
    const std::vector<Candidate>& top = token_at(piece, index).top;
    put_candidate(top[index_in(rank, top.size(), "rank")], id, logprob, bytes, bytes_size);
  });
}

const ondol_piece* ondol_result_piece(const ondol_result* result) { return result ? &result->piece : nullptr; }

int32_t ondol_result_finish(const ondol_result* result) {
  return result ? static_cast<int32_t>(result->rest.finish) : ONDOL_FINISH_NONE;
}

ondol_status ondol_result_json(const ondol_result* result, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(result, "result");
    require(out, "out");
    give(out, result_json(*held.get()).dump());
  });
}

void ondol_result_free(ondol_result* result) { release(result); }

}  // extern "C"
