#include "handles.hpp"
#include "options.hpp"

using namespace ondol;
using namespace ondol::capi;

struct ondol_rendered final : Object {
  explicit ondol_rendered(RenderedPrompt prompt) : text(std::move(prompt.text)) {
    for (const TextRange& range : prompt.content) {
      content.push_back(static_cast<std::int64_t>(range.begin));
      content.push_back(static_cast<std::int64_t>(range.end));
    }
  }
  std::string text;
  std::vector<std::int64_t> content;
};

extern "C" {

ondol_status ondol_template_new(const char* source, int64_t size, ondol_template** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const std::string_view text = text_in(source, size, "source");
    require(out, "out");
    give(out, ChatTemplate(text));
  });
}

ondol_status ondol_template_named(const char* name, int64_t size, ondol_template** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const std::string_view wanted = text_in(name, size, "name");
    require(out, "out");
    give(out, ChatTemplate::named(wanted));
  });
}

ondol_status ondol_template_source(const ondol_template* chat_template, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(chat_template, "chat_template");
    require(out, "out");
    give(out, std::string(held->value.source()));
  });
}

ondol_status ondol_template_render(const ondol_template* chat_template, const char* messages, int64_t messages_size,
                                   const char* options, int64_t options_size, ondol_rendered** out,
                                   ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(chat_template, "chat_template");
    const std::string_view list = text_in(messages, messages_size, "messages");
    require(out, "out");
    give(out, held->value.render(list, render_options(read_options(options, options_size, Topic::render))));
  });
}

ondol_status ondol_template_encode(const ondol_template* chat_template, const ondol_tokenizer* tokenizer,
                                   const char* messages, int64_t messages_size, const char* options,
                                   int64_t options_size, ondol_tokens** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(chat_template, "chat_template");
    const auto vocabulary = hold(tokenizer, "tokenizer");
    const std::string_view list = text_in(messages, messages_size, "messages");
    require(out, "out");
    const RenderOptions settings = render_options(read_options(options, options_size, Topic::render));
    give(out, held->value.encode(vocabulary->value, list, settings));
  });
}

void ondol_template_free(ondol_template* chat_template) { release(chat_template); }

const char* ondol_rendered_text(const ondol_rendered* rendered) { return rendered ? rendered->text.c_str() : ""; }

int64_t ondol_rendered_size(const ondol_rendered* rendered) {
  return rendered ? static_cast<int64_t>(rendered->text.size()) : 0;
}

const int64_t* ondol_rendered_content(const ondol_rendered* rendered) {
  return rendered ? rendered->content.data() : nullptr;
}

int64_t ondol_rendered_content_count(const ondol_rendered* rendered) {
  return rendered ? static_cast<int64_t>(rendered->content.size() / 2) : 0;
}

void ondol_rendered_free(ondol_rendered* rendered) { release(rendered); }

}  // extern "C"
