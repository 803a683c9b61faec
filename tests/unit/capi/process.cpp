#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <utility>

#include "capi/client.hpp"
#include "temp.hpp"

using namespace test;

namespace {

/// Exit code of a child, or -1 if it does not end in time.
int wait_for(pid_t child, std::chrono::seconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  for (int status = 0; std::chrono::steady_clock::now() < end;) {
    if (::waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return -1;
}

/// What file descriptors 1 and 2 get while it lives.
class Capture {
 public:
  explicit Capture(const std::string& path) : path_(path) {
    const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    for (int fd : {1, 2}) {
      saved_[fd - 1] = ::dup(fd);
      ::dup2(file, fd);
    }
    ::close(file);
  }
  ~Capture() { stop(); }
  std::string stop() {
    for (int fd : {1, 2}) {
      if (saved_[fd - 1] < 0) continue;
      ::dup2(saved_[fd - 1], fd);
      ::close(std::exchange(saved_[fd - 1], -1));
    }
    return read(path_);
  }

 private:
  std::string path_;
  int saved_[2] = {-1, -1};
};

}  // namespace

TEST_CASE("a forked child goes on with the parent's model") {
  const auto model = load(stories(), R"({"threads":2})");
  const auto start = prompt("Once upon a time");
  const Ids expected = ids(finish(generate(model.get(), start.get()).get()).get());
  const pid_t child = ::fork();
  if (child == 0) {
    ondol_generation* generation = nullptr;
    const ondol_piece* piece = nullptr;
    Ids found;
    ondol_status status = ondol_model_generate(model.get(), nullptr, start.get(), R"({"max_tokens":20})", -1, nullptr,
                                               &generation, nullptr);
    while (status == ONDOL_OK && (status = ondol_generation_next(generation, &piece, nullptr)) == ONDOL_OK && piece) {
      for (const std::int32_t id : ids(piece)) found.push_back(id);
    }
    ::_exit(status == ONDOL_OK ? (found == expected ? 0 : 2) : status == ONDOL_AFTER_FORK ? 3 : 4);
  }
  REQUIRE(child > 0);
  CHECK(wait_for(child, std::chrono::seconds(10)) == 0);
  CHECK(ids(finish(generate(model.get(), start.get()).get()).get()) == expected);
}

TEST_CASE("a program that frees nothing ends with code 0 and an empty stderr") {
  const TempFolder folder;
  for (int i = 0; i < 5; ++i) {
    const std::string command = std::string("'") + ONDOL_LEAVER + "' '" + stories() + "' > '" + folder.path("out") +
                                "' 2> '" + folder.path("err") + "'";
    CHECK(std::system(command.c_str()) == 0);
    CHECK(read(folder.path("out")) == "done\n");
    CHECK(read(folder.path("err")).empty());
  }
}

TEST_CASE("nothing is written to stdout or stderr, not even about damaged files") {
  const TempFolder folder;
  const std::string good = stories();
  const std::string bad = folder.write("bad.gguf", read(good).substr(0, 30000));
  Capture capture(folder.path("output"));
  ondol_model* model = nullptr;
  const ondol_status loaded = ondol_model_load(nullptr, good.c_str(), -1, nullptr, 0, nullptr, &model, nullptr);
  ondol_model* none = nullptr;
  const ondol_status damaged = ondol_model_load(nullptr, bad.c_str(), -1, nullptr, 0, nullptr, &none, nullptr);
  ondol_prompt* start = nullptr;
  ondol_generation* generation = nullptr;
  const ondol_piece* piece = nullptr;
  ondol_prompt_text("Once", -1, &start, nullptr);
  ondol_model_generate(model, nullptr, start, R"({"max_tokens":5})", -1, nullptr, &generation, nullptr);
  while (ondol_generation_next(generation, &piece, nullptr) == ONDOL_OK && piece) {
  }
  ondol_generation_free(generation);
  ondol_prompt_free(start);
  ondol_model_free(model);
  const std::string output = capture.stop();
  CHECK(loaded == ONDOL_OK);
  CHECK(damaged == ONDOL_BAD_FILE);
  CHECK(output.empty());
}
