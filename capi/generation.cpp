#include <algorithm>
#include <memory>

#include "options.hpp"
#include "reply.hpp"

using namespace ondol;
using namespace ondol::capi;

namespace {

GenerateOptions read_generate_options(const char* options, std::int64_t size, const Controlled& control) {
  GenerateOptions result = generate_options(read_options(options, size, Topic::generate));
  result.cancel = control.stop;
  result.prefill_progress = control.progress;
  return result;
}

void end_of_chat_reply(ondol_generation& reply) {
  reply.last = reply.generation->result();
  reply.generation.reset();
  reply.chat = {};
}

/// One that stands on a sequence of its own.
Generation& own_generation(ondol_generation& generation) {
  if (!generation.generation || generation.chat) misuse("a chat's reply is not continued: ondol_chat_reply()");
  return *generation.generation;
}

}  // namespace

extern "C" {

ondol_status ondol_model_generate(const ondol_model* model, const ondol_cache* cache, const ondol_prompt* prompt,
                                  const char* options, int64_t options_size, ondol_control* control,
                                  ondol_generation** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    const auto text = hold(prompt, "prompt");
    require(out, "out");
    const Controlled controlled(control);
    const GenerateOptions settings = read_generate_options(options, options_size, controlled);
    KVCache sequence = cache ? use(cache, "cache")->value.fork() : held->value.new_cache();
    give(out, held->value, controlled, generate(held->value, std::move(sequence), text->value, settings));
  });
}

ondol_status ondol_generation_next(ondol_generation* generation, const ondol_piece** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(generation, "generation");
    require(out, "out");
    std::optional<Piece> piece;
    if (held->generation) piece = held->generation->next();
    held->piece = piece ? ondol_piece(std::move(piece->text), std::move(piece->tokens)) : ondol_piece();
    if (!piece && held->generation && held->chat) end_of_chat_reply(*held.get());
    *out = piece ? &held->piece : nullptr;
  });
}

ondol_status ondol_generation_result(ondol_generation* generation, ondol_result** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(generation, "generation");
    require(out, "out");
    give(out, held->generation ? held->generation->result() : held->last);
  });
}

ondol_status ondol_generation_cache(ondol_generation* generation, ondol_cache** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(generation, "generation");
    require(out, "out");
    if (!held->generation) misuse("the reply has ended and its sequence is the chat's: ondol_chat_cache()");
    give(out, held->generation->cache().fork());
  });
}

ondol_status ondol_generation_append(ondol_generation* generation, const ondol_prompt* more, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(generation, "generation");
    const auto added = hold(more, "more");
    own_generation(*held.get()).append(added->value);
  });
}

ondol_status ondol_generation_continue(ondol_generation* generation, const char* options, int64_t options_size,
                                       ondol_control* control, ondol_generation** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(generation, "generation");
    require(out, "out");
    const Controlled controlled(control);
    const GenerateOptions settings = read_generate_options(options, options_size, controlled);
    Generation& from = own_generation(*held.get());
    give(out, held->model, controlled, generate(held->model, from.cache().fork(), from.pending(), settings));
  });
}

void ondol_generation_free(ondol_generation* generation) { release(generation); }

ondol_status ondol_model_generate_batch(const ondol_model* model, const ondol_prompt* const* prompts, int64_t count,
                                        const char* options, int64_t options_size, ondol_control* control,
                                        ondol_result** results, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    const auto given = list_in(prompts, count, "prompts");
    require(results, "results");
    if (given.empty()) misuse("a batch needs at least one prompt");
    std::vector<Prompt> texts;
    for (const ondol_prompt* prompt : given) texts.push_back(hold(prompt, "a prompt")->value);
    const Controlled controlled(control);
    const GenerateOptions settings = read_generate_options(options, options_size, controlled);

    std::vector<std::unique_ptr<ondol_result, void (*)(const Object*)>> made;
    made.reserve(texts.size());
    for (Result& result : generate_batch(held->value, texts, settings)) {
      made.emplace_back(new ondol_result(std::move(result)), release);
    }
    std::transform(made.begin(), made.end(), results, [](auto& result) { return result.release(); });
  });
}

}  // extern "C"
