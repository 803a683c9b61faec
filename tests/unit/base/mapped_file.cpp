#include "base/mapped_file.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ondol/error.hpp"

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
  std::string folder = (std::filesystem::temp_directory_path() / "ondol-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/file";
  const std::string content(20000, 'x');
  std::ofstream(path, std::ios::binary) << content;
  {
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
  std::ofstream(folder + "/empty", std::ios::binary);
  CHECK(code_of(folder + "/empty") == ondol::Status::bad_file);
  CHECK(code_of(folder) == ondol::Status::bad_file);
  CHECK(code_of(folder + "/none") == ondol::Status::not_found);
  CHECK(code_of(path + "/below") == ondol::Status::not_found);
  CHECK(code_of(std::string("/tmp\0x", 6)) == ondol::Status::invalid_argument);
  CHECK(code_of("") == ondol::Status::not_found);
  std::filesystem::remove_all(folder);
}
