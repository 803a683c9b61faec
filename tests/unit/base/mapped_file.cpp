#include "base/mapped_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>

#include "ondol/error.hpp"
#include "temp.hpp"

namespace {

ondol::Status code_of(std::string_view path) {
  try {
    (void)ondol::MappedFile::open(path);
  } catch (const ondol::Error& e) {
    return e.code();
  }
  return ondol::Status::ok;
}

}  // namespace

TEST_CASE("mapped file: bytes as they are, also after release") {
  const test::TempFolder folder;
  const std::string content(20000, 'x');
  const std::string path = folder.write("file", content);
  const auto file = ondol::MappedFile::open(path);
  const auto text = [&] {
    return std::string(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  };
  CHECK(text() == content);
  file->release(file->bytes().subspan(5, 15000));
  file->release(file->bytes().subspan(5, 3));
  CHECK(text() == content);
  CHECK(file->path() == path);
}

TEST_CASE("mapped file: what is no regular file with content is an error") {
  const test::TempFolder folder;
  const std::string path = folder.write("file", "x");
  CHECK(code_of(folder.write("empty", "")) == ondol::Status::bad_file);
  CHECK(code_of(folder.path("")) == ondol::Status::bad_file);
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK(code_of(folder.path("pipe")) == ondol::Status::bad_file);  // and not waited for
  CHECK(code_of("/dev/zero") == ondol::Status::bad_file);
  CHECK(code_of(folder.path("none")) == ondol::Status::not_found);
  CHECK(code_of(path + "/below") == ondol::Status::not_found);
  CHECK(code_of(std::string("/tmp\0x", 6)) == ondol::Status::invalid_argument);
  CHECK(code_of("") == ondol::Status::not_found);
}
