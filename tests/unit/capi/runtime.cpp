#include "capi/client.hpp"

using namespace test;

namespace {

void count(void* user) { ++*static_cast<int*>(user); }

Outcome make_runtime(const char* options, int* destroyed, ondol_runtime** out) {
  const auto log = [](std::int32_t, const char*, std::int64_t, void*) {};
  return outcome([&](auto** error) {
    return ondol_runtime_new(options, -1, log, nullptr, nullptr, destroyed, count, out, error);
  });
}

}  // namespace

TEST_CASE("user data is destroyed once, when nobody can use it any more, and not by a call that fails") {
  int destroyed = 0;
  ondol_runtime* runtime = nullptr;
  CHECK(make_runtime(R"({"threads":-1})", &destroyed, &runtime).status == ONDOL_INVALID_ARGUMENT);
  CHECK(make_runtime(R"({"isa":"mmx"})", &destroyed, &runtime).status == ONDOL_INVALID_ARGUMENT);
  CHECK(make_runtime(R"({"thread":1})", &destroyed, &runtime).message.find("threads") != std::string::npos);
  CHECK(runtime == nullptr);
  CHECK(destroyed == 0);

  REQUIRE(make_runtime(R"({"threads":1})", &destroyed, &runtime).status == ONDOL_OK);
  auto model = load(stories(), "", runtime);
  const auto sequence = cache(model.get());
  ondol_runtime_free(runtime);
  CHECK(destroyed == 0);
  (void)last_logits(model.get(), sequence.get(), {1, 403});
  model.reset();
  CHECK(destroyed == 1);  // a cache says nothing, so nobody can call the sink any more
  CHECK(length(sequence.get()) == 2);
}

TEST_CASE("a runtime tells what it is and what it holds") {
  const auto own = make<ondol_runtime>([](auto** out, auto** error) {
    return ondol_runtime_new(R"({"threads":1,"memory_limit":100000000,"isa":"base"})", -1, nullptr, nullptr, nullptr,
                             nullptr, nullptr, out, error);
  });
  const auto info = [](const ondol_runtime* runtime) {
    return text([&](auto** out, auto** error) { return ondol_runtime_info(runtime, out, error); });
  };
  CHECK(info(own.get()) == R"({"threads":1,"isa":"base","memory_used":0,"memory_peak":0,"memory_limit":100000000})");
  {
    const auto model = load(stories(), "", own.get());
    CHECK(info(own.get()).find(R"("memory_used":0,)") == std::string::npos);
  }
  CHECK(info(own.get()).find(R"("memory_used":0,)") != std::string::npos);
  CHECK(info(nullptr).find("\"isa\"") != std::string::npos);
  ondol_runtime* out = nullptr;
  const auto half = outcome([&](auto** error) {
    return ondol_runtime_new(
        nullptr, 0, nullptr, [](std::uint64_t, std::uint64_t, void*) -> void* { return nullptr; }, nullptr, nullptr,
        nullptr, &out, error);
  });
  CHECK(half.status == ONDOL_INVALID_ARGUMENT);
}
