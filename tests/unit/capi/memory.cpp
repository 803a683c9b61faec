#include <link.h>
#include <unwind.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include "capi/client.hpp"

using namespace test;

namespace {

/// operator new fails at this many calls from now, and at all after that; negative: never.
std::atomic<std::int64_t> allocations_left{-1};

bool may_allocate() {
  std::int64_t left = allocations_left.load(std::memory_order_relaxed);
  while (left > 0 && !allocations_left.compare_exchange_weak(left, left - 1)) {
  }
  return left != 0;
}

/// Addresses of the sentencepiece library, whose protobuf does not survive a failing allocation of its own.
struct Range {
  std::uintptr_t begin = 0, end = 0;
  bool inside = false;
};
Range sentencepiece = [] {
  Range range;
  ::dl_iterate_phdr(
      [](dl_phdr_info* library, std::size_t, void* out) {
        if (!std::strstr(library->dlpi_name, "libsentencepiece.")) return 0;
        auto& found = *static_cast<Range*>(out);
        found.begin = library->dlpi_addr;
        for (int i = 0; i < library->dlpi_phnum; ++i) {
          const auto& part = library->dlpi_phdr[i];
          if (part.p_type == PT_LOAD) found.end = library->dlpi_addr + part.p_vaddr + part.p_memsz;
        }
        return 1;
      },
      &range);
  return range;
}();

bool in_sentencepiece() noexcept {
  Range range = sentencepiece;
  ::_Unwind_Backtrace(
      [](_Unwind_Context* frame, void* out) {
        auto& r = *static_cast<Range*>(out);
        const std::uintptr_t address = ::_Unwind_GetIP(frame);
        r.inside = r.inside || (address >= r.begin && address < r.end);
        return _URC_NO_REASON;
      },
      &range);
  return range.inside;
}

void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
  if (!may_allocate() && !in_sentencepiece()) return nullptr;
  if (bytes == 0) bytes = 1;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(bytes);
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
  if (void* memory = allocate(bytes, alignment)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// The whole program's, the library's included.
void* operator new(std::size_t bytes) { return allocate_or_throw(bytes, 1); }
void* operator new[](std::size_t bytes) { return allocate_or_throw(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t a) { return allocate_or_throw(bytes, std::size_t(a)); }
void* operator new[](std::size_t bytes, std::align_val_t a) { return allocate_or_throw(bytes, std::size_t(a)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 1); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 1); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

/// Load, tokenise, generate, score, chat; the first status that is not ONDOL_OK. Frees all it got.
ondol_status everything(const char* path, const ondol_runtime* runtime, ondol_error** error) {
  Owned<ondol_model> model;
  Owned<ondol_tokenizer> tokenizer;
  Owned<ondol_tokens> tokens;
  Owned<ondol_prompt> prompt;
  Owned<ondol_generation> generation;
  Owned<ondol_result> result;
  Owned<ondol_string> json;
  Owned<ondol_score> score;
  Owned<ondol_chat> chat;
  ondol_status status = ONDOL_OK;
  const auto got = [&](auto& owned, auto&& call) {
    typename std::remove_reference_t<decltype(owned)>::pointer out = nullptr;
    status = call(&out);
    owned.reset(out);
    return status == ONDOL_OK;
  };
  const auto ended = [&] {
    const ondol_piece* piece = nullptr;
    do {
      status = ondol_generation_next(generation.get(), &piece, error);
    } while (status == ONDOL_OK && piece);
    return status == ONDOL_OK;
  };
  const char* options = R"({"max_tokens":3,"temperature":0.8,"top_k":5,"seed":1,"stop":["zoo"],"logprobs":2})";
  (void)(got(model, [&](auto** out) { return ondol_model_load(runtime, path, -1, nullptr, 0, nullptr, out, error); }) &&
         got(tokenizer, [&](auto** out) { return ondol_model_tokenizer(model.get(), out, error); }) &&
         got(tokens,
             [&](auto** out) {
               return ondol_tokenizer_encode(tokenizer.get(), "Once upon", -1, ONDOL_ADD_SPECIAL, nullptr, 0, out,
                                             error);
             }) &&
         got(prompt, [&](auto** out) { return ondol_prompt_text("Once upon", -1, out, error); }) &&
         got(generation,
             [&](auto** out) {
               return ondol_model_generate(model.get(), nullptr, prompt.get(), options, -1, nullptr, out, error);
             }) &&
         ended() && got(result, [&](auto** out) { return ondol_generation_result(generation.get(), out, error); }) &&
         got(json, [&](auto** out) { return ondol_result_json(result.get(), out, error); }) &&
         got(score,
             [&](auto** out) { return ondol_model_score(model.get(), nullptr, prompt.get(), nullptr, out, error); }) &&
         got(chat, [&](auto** out) { return ondol_chat_new(model.get(), out, error); }) &&
         (status = ondol_chat_add(chat.get(), "user", -1, "Hi", -1, error)) == ONDOL_OK &&
         got(generation, [&](auto** out) { return ondol_chat_reply(chat.get(), options, -1, nullptr, out, error); }) &&
         ended());
  return status;
}

Owned<ondol_runtime> runtime(const char* options) {
  return make<ondol_runtime>([&](auto** out, auto** error) {
    return ondol_runtime_new(options, -1, nullptr, nullptr, nullptr, nullptr, nullptr, out, error);
  });
}

}  // namespace

TEST_CASE("every allocation may fail: a status, no crash, and the next try works") {
  const std::string path = stories_with_template();
  const auto own = runtime(R"({"threads":2})");
  REQUIRE(everything(path.c_str(), own.get(), nullptr) == ONDOL_OK);
  std::int64_t fails = 0, step = 1;
  for (std::int64_t n = 0;; n += step) {
    ondol_error* error = nullptr;
    allocations_left = n;
    const ondol_status status = everything(path.c_str(), own.get(), &error);
    allocations_left = -1;
    const std::string message = ondol_error_message(error);
    ondol_error_free(error);
    if (status == ONDOL_OK) break;
    ++fails;
    CAPTURE(n);
    CAPTURE(message);
    CHECK(status == ONDOL_OUT_OF_MEMORY);
    if (n > 2000) step = 1 + n / 500;
  }
  CHECK(fails > 100);
  CHECK(everything(path.c_str(), own.get(), nullptr) == ONDOL_OK);
}

TEST_CASE("the memory cap is a status at any size") {
  const std::string path = stories_with_template();
  std::uint64_t limit = 4096;
  for (;; limit += limit / 4) {
    const auto own = runtime((R"({"threads":1,"memory_limit":)" + std::to_string(limit) + "}").c_str());
    ondol_error* error = nullptr;
    const ondol_status status = everything(path.c_str(), own.get(), &error);
    const std::string message = ondol_error_message(error);
    ondol_error_free(error);
    if (status == ONDOL_OK) break;
    CAPTURE(limit);
    CAPTURE(message);
    CHECK(status == ONDOL_OUT_OF_MEMORY);
    CHECK(message.find(std::to_string(limit)) != std::string::npos);
    REQUIRE(limit < (std::uint64_t{1} << 30));
  }
  CHECK(limit > 100'000);  // the weights alone are a megabyte
}

TEST_CASE("a caller's allocator serves the large buffers, and its failure is a status") {
  struct Counts {
    std::atomic<std::int64_t> live{0}, calls{0}, left{-1}, destroyed{0};
  } counts;
  const auto allocate = [](std::uint64_t bytes, std::uint64_t alignment, void* user) -> void* {
    auto& c = *static_cast<Counts*>(user);
    ++c.calls;
    if (c.left == 0) return nullptr;
    if (c.left > 0) --c.left;
    ++c.live;
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  };
  const auto release = [](void* memory, std::uint64_t, void* user) {
    --static_cast<Counts*>(user)->live;
    std::free(memory);
  };
  const auto destroy = [](void* user) { ++static_cast<Counts*>(user)->destroyed; };
  const auto run = [&] {
    auto own = make<ondol_runtime>([&](auto** out, auto** error) {
      return ondol_runtime_new(R"({"threads":1})", -1, nullptr, allocate, release, &counts, destroy, out, error);
    });
    return everything(stories_with_template().c_str(), own.get(), nullptr);
  };
  CHECK(run() == ONDOL_OK);
  const std::int64_t calls = counts.calls;
  CHECK(calls > 0);
  CHECK(counts.live == 0);
  CHECK(counts.destroyed == 1);
  for (std::int64_t n = 0; n < calls; ++n) {
    CAPTURE(n);
    counts.left = n;
    CHECK(run() == ONDOL_OUT_OF_MEMORY);
    CHECK(counts.live == 0);
    CHECK(counts.destroyed == n + 2);
  }
}
