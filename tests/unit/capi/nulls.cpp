#include <regex>
#include <set>
#include <tuple>
#include <type_traits>
#include <utility>

#include "capi/client.hpp"

using namespace test;

namespace {

/// A good value for every type of argument.
struct Values {
  Owned<ondol_model> owned_model = load(stories_with_template());
  Owned<ondol_prompt> owned_prompt = prompt(Ids{1, 403});
  Owned<ondol_generation> owned_generation = test::generate(owned_model.get(), owned_prompt.get());
  Owned<ondol_result> owned_result = finish(owned_generation.get());
  Owned<ondol_cache> owned_cache = test::cache(owned_model.get());
  Owned<ondol_control> owned_control =
      make<ondol_control>([](auto** out, auto** e) { return ondol_control_new(out, e); });
  Owned<ondol_runtime> owned_runtime = make<ondol_runtime>([](auto** out, auto** e) {
    return ondol_runtime_new(nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr, out, e);
  });
  Owned<ondol_tokenizer> owned_tokenizer =
      make<ondol_tokenizer>([&](auto** out, auto** e) { return ondol_model_tokenizer(owned_model.get(), out, e); });
  Owned<ondol_detokenizer> owned_detokenizer = make<ondol_detokenizer>(
      [&](auto** out, auto** e) { return ondol_detokenizer_new(owned_tokenizer.get(), 0, out, e); });
  Owned<ondol_template> owned_template =
      make<ondol_template>([&](auto** out, auto** e) { return ondol_model_template(owned_model.get(), out, e); });
  Owned<ondol_pass> owned_pass =
      make<ondol_pass>([&](auto** out, auto** e) { return ondol_pass_new(owned_model.get(), out, e); });
  Owned<ondol_chat> owned_chat =
      make<ondol_chat>([&](auto** out, auto** e) { return ondol_chat_new(owned_model.get(), out, e); });
  Owned<ondol_reply_parser> owned_parser = make<ondol_reply_parser>(
      [&](auto** out, auto** e) { return ondol_reply_parser_new("hermes", -1, nullptr, 0, out, e); });

  Values() {
    const std::int32_t id = 1;
    succeed([&](auto** e) {
      return ondol_pass_add(owned_pass.get(), owned_cache.get(), &id, 1, ONDOL_LOGITS_LAST, nullptr, 0, nullptr, e);
    });
    succeed([&](auto** e) { return ondol_pass_run(owned_pass.get(), nullptr, e); });
  }

  template <class T>
  T get() {
    using Pointed = std::remove_pointer_t<T>;
    using Plain = std::remove_const_t<Pointed>;
    if constexpr (!std::is_pointer_v<T>) {
      return T{1};
    } else if constexpr (std::is_same_v<T, const ondol_prompt* const*>) {
      static const ondol_prompt* prompts[1];
      prompts[0] = owned_prompt.get();
      return prompts;
    } else if constexpr (std::is_same_v<T, const char*>) {
      return "x";
    } else if constexpr (std::is_same_v<T, const ondol_piece*>) {
      return ondol_result_piece(owned_result.get());
    } else if constexpr (std::is_arithmetic_v<Plain> || std::is_pointer_v<Plain>) {
      static Plain room[512]{};  // an output, or an input of which one value is read
      return room;
    } else if constexpr (std::is_void_v<Plain> || std::is_function_v<Plain>) {
      return nullptr;
    } else {
      return handle(static_cast<Plain*>(nullptr));
    }
  }

 private:
  ondol_model* handle(ondol_model*) { return owned_model.get(); }
  ondol_prompt* handle(ondol_prompt*) { return owned_prompt.get(); }
  ondol_generation* handle(ondol_generation*) { return owned_generation.get(); }
  ondol_result* handle(ondol_result*) { return owned_result.get(); }
  ondol_cache* handle(ondol_cache*) { return owned_cache.get(); }
  ondol_control* handle(ondol_control*) { return owned_control.get(); }
  ondol_runtime* handle(ondol_runtime*) { return owned_runtime.get(); }
  ondol_tokenizer* handle(ondol_tokenizer*) { return owned_tokenizer.get(); }
  ondol_detokenizer* handle(ondol_detokenizer*) { return owned_detokenizer.get(); }
  ondol_template* handle(ondol_template*) { return owned_template.get(); }
  ondol_pass* handle(ondol_pass*) { return owned_pass.get(); }
  ondol_chat* handle(ondol_chat*) { return owned_chat.get(); }
  ondol_reply_parser* handle(ondol_reply_parser*) { return owned_parser.get(); }
};

struct Sweep {
  Values values;
  std::set<std::string> called;

  /// A function with a status: NULL for each pointer in turn, but at the places in `allowed` and the last one. The
  /// checks come before any work, so a NULL output is found even where the other arguments are nonsense.
  template <class... Parameters>
  requires(sizeof...(Parameters) > 1) void operator()(const char* name, ondol_status (*function)(Parameters...),
                                                      std::set<std::size_t> allowed = {}) {
    called.insert(name);
    std::tuple<Parameters...> good{values.get<Parameters>()...};
    each(name, function, good, allowed, std::make_index_sequence<sizeof...(Parameters) - 1>());
  }

  /// One that cannot fail: it takes NULL.
  template <class Result, class Handle>
  void operator()(const char* name, Result (*function)(Handle*)) {
    called.insert(name);
    if constexpr (std::is_void_v<Result>) {
      function(nullptr);
    } else if constexpr (std::is_same_v<Result, const char*>) {
      CHECK(std::string_view(function(nullptr)).empty());
    } else if constexpr (std::is_pointer_v<Result>) {
      CHECK(function(nullptr) == nullptr);
    } else {
      CHECK(function(nullptr) <= 0);
    }
  }

 private:
  template <class Function, class Tuple, std::size_t... I>
  void each(const char* name, Function* function, const Tuple& good, const std::set<std::size_t>& allowed,
            std::index_sequence<I...>) {
    (one<I>(name, function, good, allowed), ...);
  }
  template <std::size_t I, class Function, class Tuple>
  void one(const char* name, Function* function, Tuple arguments, const std::set<std::size_t>& allowed) {
    if constexpr (std::is_pointer_v<std::tuple_element_t<I, Tuple>>) {
      if (allowed.count(I)) return;
      std::get<I>(arguments) = nullptr;
      constexpr std::size_t last = std::tuple_size_v<Tuple> - 1;
      const auto call = [&](ondol_error** error) {
        std::get<last>(arguments) = error;
        return std::apply(function, arguments);
      };
      CAPTURE(name);
      CAPTURE(I);
      const Outcome result = outcome(call);
      CHECK(result.status == ONDOL_INVALID_ARGUMENT);
      CHECK_MESSAGE(result.message.find("must not be NULL") != std::string::npos, result.message);
      CHECK(result.message.rfind(std::string(name) + ": ", 0) == 0);
      CHECK(call(nullptr) == ONDOL_INVALID_ARGUMENT);  // without an error object the same
    }
  }
};

}  // namespace

#define SWEEP(function, ...) sweep(#function, function __VA_OPT__(, {__VA_ARGS__}))

TEST_CASE("NULL for every pointer of every function is a status") {
  Sweep sweep;
  SWEEP(ondol_options_schema);
  SWEEP(ondol_control_new);
  SWEEP(ondol_control_cancel);
  SWEEP(ondol_control_progress);
  SWEEP(ondol_runtime_new, 0, 2, 3, 4, 5, 6);
  SWEEP(ondol_runtime_info, 0);
  SWEEP(ondol_model_load, 0, 3, 5);
  SWEEP(ondol_model_info);
  SWEEP(ondol_model_tokenizer);
  SWEEP(ondol_model_template);
  SWEEP(ondol_inspect);
  SWEEP(ondol_estimate, 0, 3);
  SWEEP(ondol_tokenizer_load, 2);
  SWEEP(ondol_tokenizer_find);
  SWEEP(ondol_tokenizer_token_kind);
  SWEEP(ondol_tokenizer_token_text);
  SWEEP(ondol_tokenizer_token_bytes);
  SWEEP(ondol_tokenizer_encode);
  SWEEP(ondol_tokenizer_encoding, 3);
  SWEEP(ondol_tokenizer_decode);
  SWEEP(ondol_tokenizer_decode_bytes);
  SWEEP(ondol_detokenizer_new);
  SWEEP(ondol_detokenizer_add);
  SWEEP(ondol_detokenizer_flush);
  SWEEP(ondol_detokenizer_pending);
  SWEEP(ondol_template_new);
  SWEEP(ondol_template_named);
  SWEEP(ondol_template_source);
  SWEEP(ondol_template_render, 3);
  SWEEP(ondol_template_encode, 4);
  SWEEP(ondol_cache_new);
  SWEEP(ondol_cache_length);
  SWEEP(ondol_cache_context);
  SWEEP(ondol_cache_bytes);
  SWEEP(ondol_cache_truncate);
  SWEEP(ondol_cache_fork);
  SWEEP(ondol_cache_save);
  SWEEP(ondol_cache_load);
  SWEEP(ondol_pass_new);
  SWEEP(ondol_pass_add, 7);
  SWEEP(ondol_pass_run, 1);
  SWEEP(ondol_pass_logits);
  SWEEP(ondol_pass_hidden);
  SWEEP(ondol_pass_copy_logits);
  SWEEP(ondol_pass_copy_hidden);
  SWEEP(ondol_model_embed);
  SWEEP(ondol_model_head);
  SWEEP(ondol_model_logits);
  SWEEP(ondol_prompt_text);
  SWEEP(ondol_prompt_ids);
  SWEEP(ondol_piece_token, 2, 3, 4, 5, 6);
  SWEEP(ondol_piece_top_count);
  SWEEP(ondol_piece_top, 3, 4, 5, 6);
  SWEEP(ondol_result_json);
  SWEEP(ondol_model_generate, 1, 3, 5);
  SWEEP(ondol_generation_next);
  SWEEP(ondol_generation_result);
  SWEEP(ondol_generation_cache);
  SWEEP(ondol_generation_append);
  SWEEP(ondol_generation_continue, 1, 3);
  SWEEP(ondol_model_generate_batch, 3, 5);
  SWEEP(ondol_model_score, 1, 3);
  SWEEP(ondol_chat_new);
  SWEEP(ondol_chat_with_template);
  SWEEP(ondol_chat_add);
  SWEEP(ondol_chat_add_json);
  SWEEP(ondol_chat_clear);
  SWEEP(ondol_chat_undo);
  SWEEP(ondol_chat_messages);
  SWEEP(ondol_chat_reply, 1, 3);
  SWEEP(ondol_chat_cache);
  SWEEP(ondol_chat_save);
  SWEEP(ondol_chat_load);
  SWEEP(ondol_parse_reply, 4);
  SWEEP(ondol_reply_parser_new, 2);
  SWEEP(ondol_reply_parser_add);
  SWEEP(ondol_reply_parser_finish);
  SWEEP(ondol_reply_parser_reply);

  SWEEP(ondol_error_code);
  SWEEP(ondol_error_message);
  SWEEP(ondol_error_offset);
  SWEEP(ondol_error_free);
  SWEEP(ondol_string_data);
  SWEEP(ondol_string_size);
  SWEEP(ondol_string_free);
  SWEEP(ondol_tokens_data);
  SWEEP(ondol_tokens_count);
  SWEEP(ondol_tokens_free);
  SWEEP(ondol_tensor_data);
  SWEEP(ondol_tensor_rows);
  SWEEP(ondol_tensor_columns);
  SWEEP(ondol_tensor_free);
  SWEEP(ondol_control_cancelled);
  SWEEP(ondol_control_free);
  SWEEP(ondol_runtime_free);
  SWEEP(ondol_model_context);
  SWEEP(ondol_model_vocabulary);
  SWEEP(ondol_model_hidden_size);
  SWEEP(ondol_model_free);
  SWEEP(ondol_tokenizer_size);
  SWEEP(ondol_tokenizer_free);
  SWEEP(ondol_detokenizer_free);
  SWEEP(ondol_template_free);
  SWEEP(ondol_rendered_text);
  SWEEP(ondol_rendered_size);
  SWEEP(ondol_rendered_content);
  SWEEP(ondol_rendered_content_count);
  SWEEP(ondol_rendered_free);
  SWEEP(ondol_cache_free);
  SWEEP(ondol_pass_free);
  SWEEP(ondol_prompt_free);
  SWEEP(ondol_piece_text);
  SWEEP(ondol_piece_size);
  SWEEP(ondol_piece_ids);
  SWEEP(ondol_piece_count);
  SWEEP(ondol_result_piece);
  SWEEP(ondol_result_finish);
  SWEEP(ondol_result_free);
  SWEEP(ondol_generation_free);
  SWEEP(ondol_score_nll);
  SWEEP(ondol_score_count);
  SWEEP(ondol_score_ids);
  SWEEP(ondol_score_id_count);
  SWEEP(ondol_score_sum);
  SWEEP(ondol_score_perplexity);
  SWEEP(ondol_score_free);
  SWEEP(ondol_chat_free);
  SWEEP(ondol_reply_parser_free);
  CHECK(ondol_tokenizer_special(nullptr, ONDOL_BOS) == -1);
  sweep.called.insert("ondol_tokenizer_special");
  // These take no pointer.
  sweep.called.insert({"ondol_version", "ondol_version_number", "ondol_status_name", "ondol_finish_name"});

  const std::string header = read(ONDOL_HEADER);
  const std::regex declaration(R"(ONDOL_C_API [^(;]*?(ondol_\w+)\()");
  std::set<std::string> declared;
  for (std::sregex_iterator i(header.begin(), header.end(), declaration), end; i != end; ++i) {
    declared.insert((*i)[1]);
  }
  CHECK(sweep.called == declared);
}
