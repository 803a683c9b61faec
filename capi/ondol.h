/*
 * Ondol: language models on CPUs, inside your process. The C interface (C99 or later, C++).
 *
 *   ondol_error* error = NULL;
 *   ondol_model* model = NULL;
 *   if (ondol_model_load(NULL, "model.gguf", -1, NULL, 0, NULL, &model, &error) != ONDOL_OK) {
 *     fprintf(stderr, "%s\n", ondol_error_message(error));
 *     ondol_error_free(error);
 *   }
 *
 * What holds for every function whose comment does not say otherwise:
 *
 * - Status. A call that can fail returns an ondol_status and takes a last `ondol_error** error`, which may be NULL.
 *   After a success *error is NULL; after a failure it is an object with the text, to be freed with
 *   ondol_error_free(). Outputs are written on success only. A NULL that the comment does not allow is
 *   ONDOL_INVALID_ARGUMENT, never a crash. Calls without a status cannot fail; given NULL they return 0, -1, NULL
 *   or "".
 *
 * - Handles. What a call returns through `T** out` belongs to the caller, who frees it with T's _free function: once,
 *   from any thread, in any order, or never. Objects keep alive what they need. _free(NULL) does nothing. What comes
 *   back through `const T**` or as a plain pointer is borrowed and lives as long as its comment says.
 *
 * - Text in. UTF-8, a pointer and a size in bytes; with size -1 the text ends at its first NUL. NULL with size 0 is
 *   the empty text. Nothing of the caller's is kept after the call. Paths are UTF-8 too.
 *
 * - Text out. A pointer and a size; the byte after the last is NUL. The text itself may contain NUL.
 *
 * - Options. One JSON object; NULL or an empty text means the defaults. An unknown key, a wrong type or a value out of
 *   range is ONDOL_INVALID_ARGUMENT with a text that names the key. ondol_options_schema() lists the keys.
 *
 * - Threads. Any number at once: error, string, tokens, tensor, control, runtime, model, tokenizer, template,
 *   rendered, prompt, result, score. One at a time: detokenizer, cache, pass, chat, reply parser, and generation with
 *   its pieces: any thread, but a call during another thread's call on the same object returns ONDOL_BUSY, and a chat
 *   is busy while a reply of it is running. Nothing is bound to the thread that made it and nothing is kept per thread.
 *   After fork() the child may go on with all objects that no other thread was using.
 *
 * - Good manners. The library writes to no stream, installs no handler and never ends the process.
 */
#ifndef ONDOL_H
#define ONDOL_H

#include <stdint.h>

#ifndef ONDOL_C_API
#if defined(__GNUC__)
#define ONDOL_C_API __attribute__((visibility("default")))
#else
#define ONDOL_C_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version, status -------------------------------------------------------------------------------------------- */

/** What a call returns. Values are only ever added. */
typedef int32_t ondol_status;
enum {
  ONDOL_OK = 0,
  ONDOL_INVALID_ARGUMENT = 1, /**< a value of the caller is out of range, of the wrong type or unknown */
  ONDOL_NOT_FOUND = 2,        /**< no such file */
  ONDOL_IO = 3,               /**< the system refused to read or write */
  ONDOL_BAD_FILE = 4,         /**< a file is damaged, truncated or contradicts itself */
  ONDOL_UNSUPPORTED = 5,      /**< well formed, but not something this version can run */
  ONDOL_NO_VOCABULARY = 6,    /**< text was asked of a model without a tokenizer */
  ONDOL_NO_CHAT_TEMPLATE = 7, /**< a chat was asked of a model without a template */
  ONDOL_TEMPLATE_ERROR = 8,   /**< a chat template failed or raised */
  ONDOL_OUT_OF_MEMORY = 9,    /**< the runtime's cap or the system's memory */
  ONDOL_CONTEXT_FULL = 10,    /**< more positions than the context holds */
  ONDOL_CANCELLED = 11,       /**< stopped through its control */
  ONDOL_NUMERIC = 12,         /**< NaN, or a distribution without candidates */
  ONDOL_BUSY = 13,            /**< an object for one thread at a time is in use */
  ONDOL_MISMATCH = 14,        /**< a saved state belongs to another model or other options */
  ONDOL_AFTER_FORK = 15,      /**< this process is a fork and cannot continue this object */
  ONDOL_INTERNAL = 99         /**< a defect of the library */
};

/** Version of this header as major * 10000 + minor * 100 + patch. */
enum { ONDOL_HEADER_VERSION = 100 };

/** Version of the library that is running ("0.1.0"), lives for ever. */
ONDOL_C_API const char* ondol_version(void);
/** The same as major * 10000 + minor * 100 + patch. */
ONDOL_C_API int32_t ondol_version_number(void);
/** Name of a status ("bad_file"); "unknown" for other values. Lives for ever. */
ONDOL_C_API const char* ondol_status_name(ondol_status status);

/* ---- Errors ----------------------------------------------------------------------------------------------------- */

/** Why a call failed. Immutable. */
typedef struct ondol_error ondol_error;

/** The status that the call returned. NULL: ONDOL_OK. */
ONDOL_C_API ondol_status ondol_error_code(const ondol_error* error);
/** A sentence that names the file, tensor, key or argument, what was found and what was expected. Lives as long as
 *  the error. */
ONDOL_C_API const char* ondol_error_message(const ondol_error* error);
/** Byte of the input at which it went wrong; -1 where that has no meaning. */
ONDOL_C_API int64_t ondol_error_offset(const ondol_error* error);
ONDOL_C_API void ondol_error_free(ondol_error* error);

/* ---- Values that calls return ----------------------------------------------------------------------------------- */

/** A text or bytes. Immutable. */
typedef struct ondol_string ondol_string;
/** Lives as long as the string; data[size] is NUL. */
ONDOL_C_API const char* ondol_string_data(const ondol_string* string);
ONDOL_C_API int64_t ondol_string_size(const ondol_string* string);
ONDOL_C_API void ondol_string_free(ondol_string* string);

/** A list of token ids. Immutable. */
typedef struct ondol_tokens ondol_tokens;
/** Lives as long as the list. */
ONDOL_C_API const int32_t* ondol_tokens_data(const ondol_tokens* tokens);
ONDOL_C_API int64_t ondol_tokens_count(const ondol_tokens* tokens);
ONDOL_C_API void ondol_tokens_free(ondol_tokens* tokens);

/** A matrix of float32, row by row. Immutable. */
typedef struct ondol_tensor ondol_tensor;
/** rows * columns values; live as long as the tensor. */
ONDOL_C_API const float* ondol_tensor_data(const ondol_tensor* tensor);
ONDOL_C_API int64_t ondol_tensor_rows(const ondol_tensor* tensor);
ONDOL_C_API int64_t ondol_tensor_columns(const ondol_tensor* tensor);
ONDOL_C_API void ondol_tensor_free(ondol_tensor* tensor);

/* ---- Options ---------------------------------------------------------------------------------------------------- */

/** The keys that an options object may have, as JSON: {"key": {"type", "default", "min", "max", "choices", "doc"}},
 *  fields without meaning left out. Of strings and arrays min and max are the length.
 *  @param name  "runtime", "load", "tokenizer", "render", "generate", "chat" or "reply" */
ONDOL_C_API ondol_status ondol_options_schema(const char* name, int64_t name_size, ondol_string** out,
                                              ondol_error** error);

/* ---- Control of long calls -------------------------------------------------------------------------------------- */

/** The caller's hold on calls that take long: stops them and tells how far they are. Given to a call, it may be
 *  used from any thread at any time. A control that was cancelled stays so. */
typedef struct ondol_control ondol_control;
ONDOL_C_API ondol_status ondol_control_new(ondol_control** out, ondol_error** error);
/** Asks all calls that hold this control to end with ONDOL_CANCELLED soon (a generation ends with
 *  ONDOL_FINISH_CANCELLED). Returns at once, does nothing more. */
ONDOL_C_API ondol_status ondol_control_cancel(ondol_control* control, ondol_error** error);
/** 1 after ondol_control_cancel(), else 0. */
ONDOL_C_API int32_t ondol_control_cancelled(const ondol_control* control);
/** How far the latest call with this control is: bytes of weights for a load, tokens of the prompt for all others.
 *  *total is 0 as long as it is not known. */
ONDOL_C_API ondol_status ondol_control_progress(const ondol_control* control, uint64_t* done, uint64_t* total,
                                                ondol_error** error);
ONDOL_C_API void ondol_control_free(ondol_control* control);

/* ---- Runtime ---------------------------------------------------------------------------------------------------- */

/** Threads, instruction set, memory account and log of the models loaded with it. Wherever a runtime is asked for,
 *  NULL is the process's shared one with default options. */
typedef struct ondol_runtime ondol_runtime;

enum { ONDOL_LOG_DEBUG = 0, ONDOL_LOG_INFO = 1, ONDOL_LOG_WARNING = 2, ONDOL_LOG_ERROR = 3 };
/** Receives a message (borrowed, NUL behind it) on the thread whose call caused it. Must not call the library. */
typedef void (*ondol_log_function)(int32_t level, const char* text, int64_t size, void* user_data);
/** Gives `bytes` of memory aligned to `alignment` (a power of two), or NULL. Any thread; must not call the library. */
typedef void* (*ondol_allocate_function)(uint64_t bytes, uint64_t alignment, void* user_data);
/** Takes back what the allocate function gave. Any thread; must not call the library. */
typedef void (*ondol_release_function)(void* memory, uint64_t bytes, void* user_data);
/** Called once when user data is no longer needed, on the thread that freed the last object. */
typedef void (*ondol_destroy_function)(void* user_data);

/** Makes a runtime.
 *  @param options  {"threads": 0, "memory_limit": 0, "isa": ""}: 0 threads = min(affinity mask, cgroup quota,
 *      physical cores); memory_limit in bytes, 0 = no cap; isa "base", "avx2", "avxvnni", "avx512", "avx512vnni",
 *      "neon" or "" = the best
 *  @param log  may be NULL: silence
 *  @param allocate, release  source of large buffers (weights, caches, scratch); both or none (NULL: the system's)
 *  @param user_data  given to the functions above
 *  @param destroy  may be NULL; not called if this call fails */
ONDOL_C_API ondol_status ondol_runtime_new(const char* options, int64_t options_size, ondol_log_function log,
                                           ondol_allocate_function allocate, ondol_release_function release,
                                           void* user_data, ondol_destroy_function destroy, ondol_runtime** out,
                                           ondol_error** error);
/** {"threads", "isa", "memory_used", "memory_peak", "memory_limit"} as JSON. NULL is the shared runtime. */
ONDOL_C_API ondol_status ondol_runtime_info(const ondol_runtime* runtime, ondol_string** out, ondol_error** error);
ONDOL_C_API void ondol_runtime_free(ondol_runtime* runtime);

/* ---- Models ----------------------------------------------------------------------------------------------------- */

/** A model with its weights. Immutable. */
typedef struct ondol_model ondol_model;
typedef struct ondol_tokenizer ondol_tokenizer;
typedef struct ondol_template ondol_template;

/** Loads a GGUF file (any part of a split one).
 *  @param runtime  may be NULL
 *  @param options  {"precision": "fast"|"exact", "cache_type": "auto" (f16, or f32 if exact)|"f16"|"bf16"|"f32"|
 *      "q8_0", "context": 0 = the model's own, "pre_tokenizer": a name instead of the file's}, and without a runtime
 *      also its options: then a runtime of its own is made for the model
 *  @param control  may be NULL
 *  Fails with ONDOL_NOT_FOUND, _IO, _BAD_FILE, _UNSUPPORTED (architecture, storage type), _OUT_OF_MEMORY,
 *  _CANCELLED. */
ONDOL_C_API ondol_status ondol_model_load(const ondol_runtime* runtime, const char* path, int64_t path_size,
                                          const char* options, int64_t options_size, ondol_control* control,
                                          ondol_model** out, ondol_error** error);
/** Shape and abilities as JSON: {"architecture", "name", "context", "layers", "hidden_size", "intermediate_size",
 *  "heads", "kv_heads", "head_dim", "vocabulary", "tied_embeddings", "experts", "experts_used" (by a token),
 *  "parameters", "active_parameters" (by a token), "tensor_bytes", "fingerprint" (hexadecimal), "has_tokenizer",
 *  "has_chat_template"}. */
ONDOL_C_API ondol_status ondol_model_info(const ondol_model* model, ondol_string** out, ondol_error** error);
/** Most positions of a sequence. */
ONDOL_C_API int64_t ondol_model_context(const ondol_model* model);
/** Values in a row of logits: ids are 0 .. vocabulary - 1. */
ONDOL_C_API int64_t ondol_model_vocabulary(const ondol_model* model);
/** Values in a row of hidden states. */
ONDOL_C_API int64_t ondol_model_hidden_size(const ondol_model* model);
/** The model's tokenizer. ONDOL_NO_VOCABULARY, or the reason why it cannot be run. */
ONDOL_C_API ondol_status ondol_model_tokenizer(const ondol_model* model, ondol_tokenizer** out, ondol_error** error);
/** The model's chat template. ONDOL_NO_CHAT_TEMPLATE, or the reason why it does not parse. */
ONDOL_C_API ondol_status ondol_model_template(const ondol_model* model, ondol_template** out, ondol_error** error);
ONDOL_C_API void ondol_model_free(ondol_model* model);

/** What a model of any architecture says of itself, weights untouched, as JSON: {"metadata": [{"key", "type", "value"}],
 *  "tensors": [{"name", "type", "shape", "bytes"}], "parameters", "tensor_bytes", "family", "context"}. Shapes have the
 *  innermost dimension first; long values are cut short; an unknown family is "", its context 0. */
ONDOL_C_API ondol_status ondol_inspect(const char* path, int64_t path_size, ondol_string** out, ondol_error** error);
/** Bytes that loading with these options and a full cache would take, from headers alone (of a folder
 *  config.json is enough), as JSON: {"parameters", "active_parameters", "file_bytes", "weights_bytes", "cache_bytes",
 *  "position_bytes", "state_bytes", "scratch_bytes", "total_bytes"}. Parameters as in ondol_model_load(). */
ONDOL_C_API ondol_status ondol_estimate(const ondol_runtime* runtime, const char* path, int64_t path_size,
                                        const char* options, int64_t options_size, ondol_string** out,
                                        ondol_error** error);

/* ---- Tokenizer -------------------------------------------------------------------------------------------------- */

/** Flags of encoding and decoding. */
enum {
  ONDOL_ADD_SPECIAL = 1,   /**< encode: add the start and end tokens that the file asks for */
  ONDOL_PARSE_SPECIAL = 2, /**< encode: read control tokens ("<|im_end|>") in the text as such, not as plain text */
  ONDOL_SKIP_SPECIAL = 4,  /**< decode: leave out control tokens */
  ONDOL_GRAPHEMES = 8      /**< streaming decode: never a part of what a reader takes for one character */
};
/** Tokens that ondol_tokenizer_special() knows. */
enum { ONDOL_BOS = 0, ONDOL_EOS = 1, ONDOL_UNKNOWN = 2, ONDOL_PADDING = 3 };
/** What ondol_tokenizer_token_kind() tells. */
enum {
  ONDOL_TOKEN_CONTROL = 1, /**< a control token, never plain text */
  ONDOL_TOKEN_END = 2      /**< ends a reply */
};

/** Reads the vocabulary of a GGUF file only.
 *  @param path     a GGUF file, tokenizer.json, tekken.json, a SentencePiece model, tiktoken ranks, vocab.json, vocab.txt,
 *      or a folder with one of these
 *  @param options  {"pre_tokenizer": a name instead of the file's; of tiktoken ranks "pattern": a regular expression,
 *      "special_tokens": {text: id}; of vocab.txt "lowercase"} */
ONDOL_C_API ondol_status ondol_tokenizer_load(const char* path, int64_t path_size, const char* options,
                                              int64_t options_size, ondol_tokenizer** out, ondol_error** error);
/** Number of ids. */
ONDOL_C_API int64_t ondol_tokenizer_size(const ondol_tokenizer* tokenizer);
/** Id of a special token (ONDOL_BOS ..); -1 if the vocabulary has none or `which` is unknown. */
ONDOL_C_API int32_t ondol_tokenizer_special(const ondol_tokenizer* tokenizer, int32_t which);
/** Id of the token that the vocabulary spells like this ("<|im_end|>"); -1 if there is none. */
ONDOL_C_API ondol_status ondol_tokenizer_find(const ondol_tokenizer* tokenizer, const char* text, int64_t size,
                                              int32_t* out, ondol_error** error);
/** ONDOL_TOKEN_ flags of an id. */
ONDOL_C_API ondol_status ondol_tokenizer_token_kind(const ondol_tokenizer* tokenizer, int32_t id, int32_t* out,
                                                    ondol_error** error);
/** The token as the vocabulary spells it. */
ONDOL_C_API ondol_status ondol_tokenizer_token_text(const ondol_tokenizer* tokenizer, int32_t id, ondol_string** out,
                                                    ondol_error** error);
/** The bytes that a token adds to a text, which may be a part of a character; control tokens give their name. */
ONDOL_C_API ondol_status ondol_tokenizer_token_bytes(const ondol_tokenizer* tokenizer, int32_t id, ondol_string** out,
                                                     ondol_error** error);
/** Ids of a text.
 *  @param flags  ONDOL_ADD_SPECIAL, ONDOL_PARSE_SPECIAL
 *  @param plain  may be NULL: plain_count pairs [begin, end) of byte positions, ascending and disjoint, in which
 *      control tokens are plain text even with ONDOL_PARSE_SPECIAL: ondol_rendered_content() */
ONDOL_C_API ondol_status ondol_tokenizer_encode(const ondol_tokenizer* tokenizer, const char* text, int64_t size,
                                                int32_t flags, const int64_t* plain, int64_t plain_count,
                                                ondol_tokens** out, ondol_error** error);
/** All that there is to say of a text, or a pair of texts as the file joins them, as JSON: {"ids": [..], "offsets":
 *  [[begin, end], ..] in characters, "type_ids": [..], "special_mask": [..], "attention_mask": [..]}, an entry a token.
 *  @param pair   may be NULL: one text
 *  @param flags  ONDOL_ADD_SPECIAL, ONDOL_PARSE_SPECIAL */
ONDOL_C_API ondol_status ondol_tokenizer_encoding(const ondol_tokenizer* tokenizer, const char* text, int64_t size,
                                                  const char* pair, int64_t pair_size, int32_t flags,
                                                  ondol_string** out, ondol_error** error);
/** Text of ids: valid UTF-8; a character that is cut or wrong becomes U+FFFD.
 *  @param flags  ONDOL_SKIP_SPECIAL */
ONDOL_C_API ondol_status ondol_tokenizer_decode(const ondol_tokenizer* tokenizer, const int32_t* ids, int64_t count,
                                                int32_t flags, ondol_string** out, ondol_error** error);
/** Bytes of ids as they are. */
ONDOL_C_API ondol_status ondol_tokenizer_decode_bytes(const ondol_tokenizer* tokenizer, const int32_t* ids,
                                                      int64_t count, int32_t flags, ondol_string** out,
                                                      ondol_error** error);
ONDOL_C_API void ondol_tokenizer_free(ondol_tokenizer* tokenizer);

/** Streaming decode: text in whole UTF-8 characters only. The joined pieces and the flush equal the decoded whole. */
typedef struct ondol_detokenizer ondol_detokenizer;
/** @param flags  ONDOL_SKIP_SPECIAL, ONDOL_GRAPHEMES */
ONDOL_C_API ondol_status ondol_detokenizer_new(const ondol_tokenizer* tokenizer, int32_t flags, ondol_detokenizer** out,
                                               ondol_error** error);
/** The text that `id` completes, maybe empty; lives until the next call on this object. */
ONDOL_C_API ondol_status ondol_detokenizer_add(ondol_detokenizer* detokenizer, int32_t id, const char** text,
                                               int64_t* size, ondol_error** error);
/** What is held back, as U+FFFD where it is not whole; lives until the next call on this object, which is then as
 *  new. */
ONDOL_C_API ondol_status ondol_detokenizer_flush(ondol_detokenizer* detokenizer, const char** text, int64_t* size,
                                                 ondol_error** error);
/** The bytes held back because they do not end a character; live until the next call on this object. */
ONDOL_C_API ondol_status ondol_detokenizer_pending(ondol_detokenizer* detokenizer, const char** bytes, int64_t* size,
                                                   ondol_error** error);
ONDOL_C_API void ondol_detokenizer_free(ondol_detokenizer* detokenizer);

/* ---- Chat templates --------------------------------------------------------------------------------------------- */

/** Compiles a template (Jinja as model files use it). ONDOL_TEMPLATE_ERROR with the offset where it does not parse. */
ONDOL_C_API ondol_status ondol_template_new(const char* source, int64_t size, ondol_template** out,
                                            ondol_error** error);
/** A plain format for models whose file has no template: "alpaca", "chatml", "korean-dialogue" or "vicuna". Nothing is
 *  guessed: the caller knows what the model was trained with. Replies then end at a stop string: "### Instruction:",
 *  "<|im_end|>", "[유저]:", "USER:". */
ONDOL_C_API ondol_status ondol_template_named(const char* name, int64_t size, ondol_template** out,
                                              ondol_error** error);
ONDOL_C_API ondol_status ondol_template_source(const ondol_template* chat_template, ondol_string** out,
                                               ondol_error** error);

/** A rendered prompt. Immutable. */
typedef struct ondol_rendered ondol_rendered;
/** Renders messages.
 *  @param messages  JSON array in the OpenAI form: [{"role": "user", "content": "..."}]; content may be an array of
 *      parts, {"type": "text", "text": "..."}. ONDOL_INVALID_ARGUMENT names the index and key of a malformed one
 *  @param options  {"tools": [..], "documents": [..], "add_generation_prompt": true, "bos_token", "eos_token",
 *      "variables": {..}, "now": seconds since 1970 in local time, "parse_arguments": tool calls' arguments that are
 *      a text with JSON become that object, "parse_content": control tokens in messages count as such (then nothing
 *      is content), "max_steps", "max_depth", "max_output": ONDOL_TEMPLATE_ERROR beyond} */
ONDOL_C_API ondol_status ondol_template_render(const ondol_template* chat_template, const char* messages,
                                               int64_t messages_size, const char* options, int64_t options_size,
                                               ondol_rendered** out, ondol_error** error);
/** Renders messages and encodes the prompt: control tokens of the template count as such, in content they are plain
 *  text; the start token stands in front exactly once if the tokenizer asks for it. "bos_token" and "eos_token" are the
 *  tokenizer's where the options name none. Parameters as in ondol_template_render(). */
ONDOL_C_API ondol_status ondol_template_encode(const ondol_template* chat_template, const ondol_tokenizer* tokenizer,
                                               const char* messages, int64_t messages_size, const char* options,
                                               int64_t options_size, ondol_tokens** out, ondol_error** error);
ONDOL_C_API void ondol_template_free(ondol_template* chat_template);

/** Lives as long as the rendered prompt. */
ONDOL_C_API const char* ondol_rendered_text(const ondol_rendered* rendered);
ONDOL_C_API int64_t ondol_rendered_size(const ondol_rendered* rendered);
/** Where in the text stands what the template did not write (messages, tools, documents, variables): pairs [begin,
 *  end) of byte positions, ascending and disjoint. Lives as long as the rendered prompt. */
ONDOL_C_API const int64_t* ondol_rendered_content(const ondol_rendered* rendered);
/** Number of pairs. */
ONDOL_C_API int64_t ondol_rendered_content_count(const ondol_rendered* rendered);
ONDOL_C_API void ondol_rendered_free(ondol_rendered* rendered);

/* ---- Caches ----------------------------------------------------------------------------------------------------- */

/** What a model keeps of one sequence. May outlive its model. */
typedef struct ondol_cache ondol_cache;
/** An empty cache; takes memory as it grows. */
ONDOL_C_API ondol_status ondol_cache_new(const ondol_model* model, ondol_cache** out, ondol_error** error);
/** Positions held and complete. */
ONDOL_C_API ondol_status ondol_cache_length(const ondol_cache* cache, int64_t* out, ondol_error** error);
/** Most positions it may hold. */
ONDOL_C_API ondol_status ondol_cache_context(const ondol_cache* cache, int64_t* out, ondol_error** error);
/** Bytes of all its blocks, those shared with forks included. */
ONDOL_C_API ondol_status ondol_cache_bytes(const ondol_cache* cache, uint64_t* out, ondol_error** error);
/** Forgets all positions from `length` on. */
ONDOL_C_API ondol_status ondol_cache_truncate(ondol_cache* cache, int64_t length, ondol_error** error);
/** A cache that continues from here on its own; shares memory until one of the two is written to. */
ONDOL_C_API ondol_status ondol_cache_fork(const ondol_cache* cache, ondol_cache** out, ondol_error** error);
/** Writes a checksummed file. */
ONDOL_C_API ondol_status ondol_cache_save(const ondol_cache* cache, const char* path, int64_t path_size,
                                          ondol_error** error);
/** Replaces the contents by those of a file; unchanged if it fails (ONDOL_BAD_FILE, _MISMATCH, _CONTEXT_FULL ..). */
ONDOL_C_API ondol_status ondol_cache_load(ondol_cache* cache, const char* path, int64_t path_size, ondol_error** error);
ONDOL_C_API void ondol_cache_free(ondol_cache* cache);

/* ---- Forward passes --------------------------------------------------------------------------------------------- */

/** What a step shall return: one ONDOL_LOGITS_, and ONDOL_HIDDEN added for the hidden states of all its tokens. */
enum {
  ONDOL_LOGITS_NONE = 0,
  ONDOL_LOGITS_LAST = 1,
  ONDOL_LOGITS_ALL = 2,
  ONDOL_LOGITS_POSITIONS = 3,
  ONDOL_HIDDEN = 16
};

/** One pass over the weights for any number of sequences: add the steps, run, read the outputs, add again. Results
 *  do not depend on the number of threads, on the other steps, or on how a sequence is cut into steps. */
typedef struct ondol_pass ondol_pass;
ONDOL_C_API ondol_status ondol_pass_new(const ondol_model* model, ondol_pass** out, ondol_error** error);
/** Adds a step: `count` >= 1 tokens to append to `cache`. The first step after a run drops that run's outputs.
 *  @param want  see above
 *  @param positions  with ONDOL_LOGITS_POSITIONS: position_count ascending indices into `tokens`; else NULL and 0
 *  @param step  may be NULL: the step's number, from 0 */
ONDOL_C_API ondol_status ondol_pass_add(ondol_pass* pass, ondol_cache* cache, const int32_t* tokens, int64_t count,
                                        int32_t want, const uint32_t* positions, int64_t position_count, int64_t* step,
                                        ondol_error** error);
/** Computes all steps and appends their tokens to their caches. After a failure the steps are gone and the caches
 *  as they were, but with ONDOL_CANCELLED they are left at the last complete position.
 *  @param control  may be NULL
 *  Fails with ONDOL_INVALID_ARGUMENT (no steps, an id outside of the vocabulary, a cache twice), _MISMATCH (a
 *  cache of another model), _CONTEXT_FULL, _OUT_OF_MEMORY, _CANCELLED, _BUSY. */
ONDOL_C_API ondol_status ondol_pass_run(ondol_pass* pass, ondol_control* control, ondol_error** error);
/** Logits of a step: *rows * *columns values that live until the next call of ondol_pass_add(), _run or _free. */
ONDOL_C_API ondol_status ondol_pass_logits(const ondol_pass* pass, int64_t step, const float** data, int64_t* rows,
                                           int64_t* columns, ondol_error** error);
/** Hidden states of a step after the final norm; lifetime as above. */
ONDOL_C_API ondol_status ondol_pass_hidden(const ondol_pass* pass, int64_t step, const float** data, int64_t* rows,
                                           int64_t* columns, ondol_error** error);
/** Copies a step's logits to the caller's buffer.
 *  @param capacity  values that fit in `buffer`; fewer than needed is ONDOL_INVALID_ARGUMENT with both numbers */
ONDOL_C_API ondol_status ondol_pass_copy_logits(const ondol_pass* pass, int64_t step, float* buffer, int64_t capacity,
                                                ondol_error** error);
/** Copies a step's hidden states to the caller's buffer. */
ONDOL_C_API ondol_status ondol_pass_copy_hidden(const ondol_pass* pass, int64_t step, float* buffer, int64_t capacity,
                                                ondol_error** error);
ONDOL_C_API void ondol_pass_free(ondol_pass* pass);

/** Rows of the embedding matrix: [count, hidden size]. */
ONDOL_C_API ondol_status ondol_model_embed(const ondol_model* model, const int32_t* ids, int64_t count,
                                           ondol_tensor** out, ondol_error** error);
/** Logits [rows, vocabulary] of hidden states [rows, hidden size]. */
ONDOL_C_API ondol_status ondol_model_head(const ondol_model* model, const float* hidden, int64_t rows,
                                          ondol_tensor** out, ondol_error** error);
/** Logits of every position of a fresh sequence: [count, vocabulary]. */
ONDOL_C_API ondol_status ondol_model_logits(const ondol_model* model, const int32_t* ids, int64_t count,
                                            ondol_tensor** out, ondol_error** error);

/* ---- Generation ------------------------------------------------------------------------------------------------- */

/** What a model shall continue. Immutable. */
typedef struct ondol_prompt ondol_prompt;
/** A text, encoded with the start tokens that the file asks for; control tokens in it are plain text. */
ONDOL_C_API ondol_status ondol_prompt_text(const char* text, int64_t size, ondol_prompt** out, ondol_error** error);
/** Ids as they are. */
ONDOL_C_API ondol_status ondol_prompt_ids(const int32_t* ids, int64_t count, ondol_prompt** out, ondol_error** error);
ONDOL_C_API void ondol_prompt_free(ondol_prompt* prompt);

/** Why a reply ended. */
enum {
  ONDOL_FINISH_NONE = 0, /**< not yet */
  ONDOL_FINISH_EOS = 1,
  ONDOL_FINISH_STOP = 2, /**< a stop string or id of the options */
  ONDOL_FINISH_LENGTH = 3,
  ONDOL_FINISH_CANCELLED = 4
};
/** Name of a finish ("eos"); "unknown" for other values. Lives for ever. */
ONDOL_C_API const char* ondol_finish_name(int32_t finish);

/** Text and tokens of a reply, or of a part of one. */
typedef struct ondol_piece ondol_piece;
/** Whole UTF-8 characters, maybe none. Lives as long as the piece. */
ONDOL_C_API const char* ondol_piece_text(const ondol_piece* piece);
ONDOL_C_API int64_t ondol_piece_size(const ondol_piece* piece);
/** Ids of the tokens chosen; live as long as the piece. */
ONDOL_C_API const int32_t* ondol_piece_ids(const ondol_piece* piece);
/** Number of tokens. */
ONDOL_C_API int64_t ondol_piece_count(const ondol_piece* piece);
/** A token of the piece. All outputs may be NULL; log-probability and entropy (of the model's distribution, in
 *  nats) need the option "logprobs". Bytes live as long as the piece. */
ONDOL_C_API ondol_status ondol_piece_token(const ondol_piece* piece, int64_t index, int32_t* id, float* logprob,
                                           float* entropy, const char** bytes, int64_t* bytes_size,
                                           ondol_error** error);
/** Number of most likely tokens recorded beside a token: option "logprobs". */
ONDOL_C_API ondol_status ondol_piece_top_count(const ondol_piece* piece, int64_t index, int64_t* out,
                                               ondol_error** error);
/** One of them, rank 0 the most likely. Outputs as in ondol_piece_token(). */
ONDOL_C_API ondol_status ondol_piece_top(const ondol_piece* piece, int64_t index, int64_t rank, int32_t* id,
                                         float* logprob, const char** bytes, int64_t* bytes_size, ondol_error** error);

/** All of a reply. Immutable. */
typedef struct ondol_result ondol_result;
/** The whole reply as one piece; lives as long as the result. */
ONDOL_C_API const ondol_piece* ondol_result_piece(const ondol_result* result);
/** ONDOL_FINISH_ .. */
ONDOL_C_API int32_t ondol_result_finish(const ondol_result* result);
/** All as JSON: {"text", "ids", "finish", "stop", "seed", "tokens": [{"id", "logprob", "entropy", "bytes", "top"}],
 *  "timings": {"prompt_tokens", "cached_tokens", "dropped_tokens", "generated_tokens", "prefill_seconds",
 *  "first_piece_seconds", "decode_seconds", "prompt_tokens_per_second", "generated_tokens_per_second"}}; bytes as
 *  an array of numbers; log-probability, entropy and top with the option "logprobs" only. */
ONDOL_C_API ondol_status ondol_result_json(const ondol_result* result, ondol_string** out, ondol_error** error);
ONDOL_C_API void ondol_result_free(ondol_result* result);

/** A running generation, pulled piece by piece. */
typedef struct ondol_generation ondol_generation;
/** Continues a prompt.
 *  @param cache  may be NULL: a fresh sequence. Else a fork of it is continued: its positions stand before the
 *      prompt, which gets no start token if there are any
 *  @param options  {"max_tokens": 0 = to the end of the context, "min_tokens", "stop": ["..."], "stop_ids": [..],
 *      "ignore_eos", "include_stop", "logprobs": most likely tokens to record, "skip_special"} and the sampler's:
 *      {"temperature", "top_k", "top_p", .. "seed"} applied in the order of the schema, or in an own order
 *      {"chain": [{"temperature": 0.7}, {"top_k": 40}], "seed": 1}. Without any: greedy
 *  @param control  may be NULL; kept until the generation is freed */
ONDOL_C_API ondol_status ondol_model_generate(const ondol_model* model, const ondol_cache* cache,
                                              const ondol_prompt* prompt, const char* options, int64_t options_size,
                                              ondol_control* control, ondol_generation** out, ondol_error** error);
/** The next piece, or NULL when the reply has ended. Borrowed: lives until the next call of this function or the
 *  generation is freed. Does the computing: up to one pass over the weights, the first call also reads the prompt.
 *  Fails with ONDOL_NUMERIC, _OUT_OF_MEMORY. A cancel is no failure but the end: ONDOL_FINISH_CANCELLED. */
ONDOL_C_API ondol_status ondol_generation_next(ondol_generation* generation, const ondol_piece** out,
                                               ondol_error** error);
/** What there is so far. Complete once ondol_generation_next() gave NULL. */
ONDOL_C_API ondol_status ondol_generation_result(ondol_generation* generation, ondol_result** out, ondol_error** error);
/** A fork of the sequence: the prompt and all generated tokens but the last. */
ONDOL_C_API ondol_status ondol_generation_cache(ondol_generation* generation, ondol_cache** out, ondol_error** error);
/** Puts tokens of the host (a tool's result) behind a reply that has ended; ondol_generation_next() then gives a new
 *  reply behind them, with the same options, and counts, text and result begin anew. Text gets no start token. A stop
 *  string or end token that was generated stays in front. Not for a chat's reply. */
ONDOL_C_API ondol_status ondol_generation_append(ondol_generation* generation, const ondol_prompt* more,
                                                 ondol_error** error);
/** Another generation that goes on where this one stands, from a fork of its sequence: with other options, or after a
 *  cancel. Parameters as in ondol_model_generate(). Not for a chat's reply. */
ONDOL_C_API ondol_status ondol_generation_continue(ondol_generation* generation, const char* options,
                                                   int64_t options_size, ondol_control* control, ondol_generation** out,
                                                   ondol_error** error);
ONDOL_C_API void ondol_generation_free(ondol_generation* generation);

/** Continues `count` >= 1 prompts together, one pass over the weights a step; each result is what it would be
 *  alone. With a seed, sequence i uses seed + i.
 *  @param results  array of `count` pointers, all set on success, each freed by the caller */
ONDOL_C_API ondol_status ondol_model_generate_batch(const ondol_model* model, const ondol_prompt* const* prompts,
                                                    int64_t count, const char* options, int64_t options_size,
                                                    ondol_control* control, ondol_result** results,
                                                    ondol_error** error);

/** Log-likelihoods of a text. Immutable. */
typedef struct ondol_score ondol_score;
/** Scores each token of `text` given all before it.
 *  @param prompt  may be NULL: the first token of `text` is then the condition and gets no value. Else `text` is
 *      encoded apart, without start tokens, and all its tokens get a value
 *  @param control  may be NULL */
ONDOL_C_API ondol_status ondol_model_score(const ondol_model* model, const ondol_prompt* prompt,
                                           const ondol_prompt* text, ondol_control* control, ondol_score** out,
                                           ondol_error** error);
/** Negative log-likelihoods in nats; live as long as the score. */
ONDOL_C_API const float* ondol_score_nll(const ondol_score* score);
/** Their number. */
ONDOL_C_API int64_t ondol_score_count(const ondol_score* score);
/** All ids; live as long as the score. */
ONDOL_C_API const int32_t* ondol_score_ids(const ondol_score* score);
ONDOL_C_API int64_t ondol_score_id_count(const ondol_score* score);
/** Sum of the log-likelihoods, <= 0. */
ONDOL_C_API double ondol_score_sum(const ondol_score* score);
/** exp(mean of the negative log-likelihoods). */
ONDOL_C_API double ondol_score_perplexity(const ondol_score* score);
ONDOL_C_API void ondol_score_free(ondol_score* score);

/* ---- Chats ------------------------------------------------------------------------------------------------------ */

/** A conversation: messages, and a cache kept between turns so that only what is new is computed. */
typedef struct ondol_chat ondol_chat;
/** ONDOL_NO_VOCABULARY, ONDOL_NO_CHAT_TEMPLATE. */
ONDOL_C_API ondol_status ondol_chat_new(const ondol_model* model, ondol_chat** out, ondol_error** error);
/** With another template than the file's, or for a file without one. Replies also end at a plain format's stop string.
 *  ONDOL_NO_VOCABULARY. */
ONDOL_C_API ondol_status ondol_chat_with_template(const ondol_model* model, const ondol_template* chat_template,
                                                  ondol_chat** out, ondol_error** error);
/** Appends a message with a role ("system", "user", "assistant", "tool"). */
ONDOL_C_API ondol_status ondol_chat_add(ondol_chat* chat, const char* role, int64_t role_size, const char* content,
                                        int64_t content_size, ondol_error** error);
/** Appends a message in the OpenAI form, a JSON object. */
ONDOL_C_API ondol_status ondol_chat_add_json(ondol_chat* chat, const char* message, int64_t size, ondol_error** error);
/** Forgets all messages. */
ONDOL_C_API ondol_status ondol_chat_clear(ondol_chat* chat, ondol_error** error);
/** Takes back the last user message and all after it; does nothing without one. */
ONDOL_C_API ondol_status ondol_chat_undo(ondol_chat* chat, ondol_error** error);
/** All messages as a JSON array. */
ONDOL_C_API ondol_status ondol_chat_messages(const ondol_chat* chat, ondol_string** out, ondol_error** error);
/** Generates the assistant's reply, which becomes a message when it ends. The chat is busy until the generation has
 *  ended or is freed.
 *  @param options  those of ondol_model_generate(), {"tools", "documents", "variables", "now" ..} of the template, and
 *      {"when_full": "error"|"drop_oldest" (turns, never the system message), "reserve": positions kept free for
 *      the reply}
 *  @param control  may be NULL; kept until the generation is freed */
ONDOL_C_API ondol_status ondol_chat_reply(ondol_chat* chat, const char* options, int64_t options_size,
                                          ondol_control* control, ondol_generation** out, ondol_error** error);
/** A fork of the chat's sequence. */
ONDOL_C_API ondol_status ondol_chat_cache(const ondol_chat* chat, ondol_cache** out, ondol_error** error);
/** Writes messages and cache to a file. */
ONDOL_C_API ondol_status ondol_chat_save(const ondol_chat* chat, const char* path, int64_t path_size,
                                         ondol_error** error);
/** Replaces this chat by a saved one of the same model, which it continues bit for bit; unchanged if it fails. */
ONDOL_C_API ondol_status ondol_chat_load(ondol_chat* chat, const char* path, int64_t path_size, ondol_error** error);
ONDOL_C_API void ondol_chat_free(ondol_chat* chat);

/* ---- Replies taken apart ---------------------------------------------------------------------------------------- */

/** Takes generated text apart, as JSON: {"content", "reasoning": null where there is none, "tool_calls": [{"name",
 *  "arguments": {..}, "id": where the format has one}], "incomplete": the text ended inside of its reasoning, of a
 *  call or of a JSON object that is its content}. What is no well-formed call stays in the content; no text is an
 *  error.
 *  @param format  "hermes" (Hermes, Qwen 2.5 and 3), "llama3-json", "pythonic", "mistral", "qwen-xml", "harmony"
 *      (gpt-oss), "deepseek", "glm", "command-r", "granite", "kimi-k2" or "react"
 *  @param options  {"prefix": what the template put in front of the reply ("<think>\n"), "tools": [..] of the template:
 *      which arguments are text, and which names make a call of a reply without marks} */
ONDOL_C_API ondol_status ondol_parse_reply(const char* text, int64_t size, const char* format, int64_t format_size,
                                           const char* options, int64_t options_size, ondol_string** out,
                                           ondol_error** error);

/** The same while the text is generated. What could still become a mark, a call or white space at the end is held back;
 *  what was given is never taken back. */
typedef struct ondol_reply_parser ondol_reply_parser;
/** Parameters as in ondol_parse_reply(). */
ONDOL_C_API ondol_status ondol_reply_parser_new(const char* format, int64_t format_size, const char* options,
                                                int64_t options_size, ondol_reply_parser** out, ondol_error** error);
/** Adds text, which may be cut anywhere.
 *  @param out  what it adds to the reply, as JSON: {"content", "reasoning", "tool_calls"}, texts maybe empty */
ONDOL_C_API ondol_status ondol_reply_parser_add(ondol_reply_parser* parser, const char* text, int64_t size,
                                                ondol_string** out, ondol_error** error);
/** The text has ended: gives what was held back, as ondol_reply_parser_add() does. */
ONDOL_C_API ondol_status ondol_reply_parser_finish(ondol_reply_parser* parser, ondol_string** out, ondol_error** error);
/** The reply so far, as ondol_parse_reply() gives it; complete after ondol_reply_parser_finish(). */
ONDOL_C_API ondol_status ondol_reply_parser_reply(const ondol_reply_parser* parser, ondol_string** out,
                                                  ondol_error** error);
ONDOL_C_API void ondol_reply_parser_free(ondol_reply_parser* parser);

#ifdef __cplusplus
}
#endif

#endif /* ONDOL_H */
