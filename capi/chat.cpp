#include "options.hpp"
#include "reply.hpp"

using namespace ondol;
using namespace ondol::capi;

extern "C" {

ondol_status ondol_chat_new(const ondol_model* model, ondol_chat** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    require(out, "out");
    give(out, held->value);
  });
}

ondol_status ondol_chat_with_template(const ondol_model* model, const ondol_template* chat_template, ondol_chat** out,
                                      ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    const auto other = hold(chat_template, "chat_template");
    require(out, "out");
    give(out, held->value, other->value);
  });
}

ondol_status ondol_chat_add(ondol_chat* chat, const char* role, int64_t role_size, const char* content,
                            int64_t content_size, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(chat, "chat");
    held->value.add(text_in(role, role_size, "role"), text_in(content, content_size, "content"));
  });
}

ondol_status ondol_chat_add_json(ondol_chat* chat, const char* message, int64_t size, ondol_error** error) {
  return guard(__func__, error, [&] { use(chat, "chat")->value.add(text_in(message, size, "message")); });
}

ondol_status ondol_chat_clear(ondol_chat* chat, ondol_error** error) {
  return guard(__func__, error, [&] { use(chat, "chat")->value.clear(); });
}

ondol_status ondol_chat_undo(ondol_chat* chat, ondol_error** error) {
  return guard(__func__, error, [&] { use(chat, "chat")->value.undo(); });
}

ondol_status ondol_chat_messages(const ondol_chat* chat, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(chat, "chat");
    require(out, "out");
    give(out, held->value.messages());
  });
}

ondol_status ondol_chat_reply(ondol_chat* chat, const char* options, int64_t options_size, ondol_control* control,
                              ondol_generation** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    auto held = use(chat, "chat");
    require(out, "out");
    const Controlled controlled(control);
    ChatOptions settings = chat_options(read_options(options, options_size, Topic::chat));
    settings.generate.cancel = controlled.stop;
    settings.generate.prefill_progress = controlled.progress;
    auto* reply = new ondol_generation(held->model, controlled, held->value.reply(settings));
    reply->chat = std::move(held);
    *out = reply;
  });
}

ondol_status ondol_chat_cache(const ondol_chat* chat, ondol_cache** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(chat, "chat");
    require(out, "out");
    give(out, held->value.cache().fork());
  });
}

ondol_status ondol_chat_save(const ondol_chat* chat, const char* path, int64_t path_size, ondol_error** error) {
  return guard(__func__, error, [&] { use(chat, "chat")->value.save(path_in(path, path_size)); });
}

ondol_status ondol_chat_load(ondol_chat* chat, const char* path, int64_t path_size, ondol_error** error) {
  return guard(__func__, error, [&] { use(chat, "chat")->value.load(path_in(path, path_size)); });
}

void ondol_chat_free(ondol_chat* chat) { release(chat); }

}  // extern "C"
