#include "ngram/lines.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "ngram/arpa.hpp"
#include "ngram/text_file.hpp"
#include "ondol/error.hpp"
#include "temp.hpp"

namespace {

using ondol::ngram::Lines;

std::vector<std::string> lines_of(std::string_view bytes, std::size_t longest = 1000) {
  const test::MemoryFile file(bytes);
  Lines lines(file.path(), longest);
  std::vector<std::string> result;
  for (std::string_view line; lines.next(line);) {
    result.emplace_back(line);
    CHECK(lines.number() == result.size());
  }
  CHECK(lines.position() == lines.size());
  return result;
}

ondol::Status refusal(std::string_view bytes, std::size_t longest = 1000) {
  try {
    lines_of(bytes, longest);
  } catch (const ondol::Error& error) {
    return error.code();
  }
  return ondol::Status::ok;
}

}  // namespace

TEST_CASE("lines: plain and gzip alike, with LF or CR LF, with or without the last end") {
  const std::vector<std::string> expected{"하나", "", "two\r", "x"};
  for (const char* text : {"하나\n\ntwo\r\r\nx\n", "하나\r\n\r\ntwo\r\r\nx"}) {
    CHECK(lines_of(text) == expected);
    CHECK(lines_of(test::gzip(text)) == expected);
  }
  CHECK(lines_of("\n") == std::vector<std::string>{""});
  CHECK(lines_of(test::gzip("")).empty());
}

TEST_CASE("lines: gzip of many blocks, several members, zeros behind") {
  std::string text;
  std::vector<std::string> expected;
  for (int i = 0; i < 100000; ++i) {
    expected.push_back("line " + std::to_string(i * 7919));
    text += expected.back() + "\n";
  }
  const std::size_t middle = text.size() / 2;  // inside of a line
  CHECK(lines_of(test::gzip(text)) == expected);
  CHECK(lines_of(test::gzip(text.substr(0, middle)) + test::gzip("") + test::gzip(text.substr(middle)) +
                 std::string(512, '\0')) == expected);
}

TEST_CASE("lines: what is damaged, cut off or too long is an error") {
  using ondol::Status;
  const std::string good = test::gzip("one\ntwo\nthree\n");
  for (std::size_t cut = 2; cut < good.size(); ++cut) CHECK(refusal(good.substr(0, cut)) == Status::bad_file);
  CHECK(refusal(good + "x") == Status::bad_file);
  std::string damaged = good;
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  CHECK(refusal(damaged) == Status::bad_file);
  const std::string text = "short\n" + std::string(1001, 'x') + "\n";
  CHECK(refusal(text) == Status::bad_file);
  CHECK(refusal(test::gzip(text)) == Status::bad_file);
  CHECK(refusal(text, 1001) == Status::ok);
  CHECK(refusal(test::gzip(text), 1001) == Status::ok);
  // A line without end costs memory up to the limit only.
  CHECK(refusal(test::gzip(std::string(10000000, 'x')), 100000) == Status::bad_file);
}

TEST_CASE("lines: other compressions are named") {
  const std::pair<std::string, const char*> files[] = {{"BZh91AY&SY\x01\x02", "bzip2"},
                                                       {std::string("\xFD"
                                                                    "7zXZ\0\0",
                                                                    7),
                                                        "xz"},
                                                       {"\x28\xB5\x2F\xFD\x04", "zstd"},
                                                       {"mmap lm http://kheafield.com/code format version 5", "KenLM"}};
  for (const auto& [bytes, name] : files) {
    CAPTURE(name);
    const test::MemoryFile file(bytes);
    CHECK_THROWS_WITH_AS(Lines(file.path(), 1000), doctest::Contains(name), ondol::Error);
  }
  CHECK(lines_of("BZh9 is a word") == std::vector<std::string>{"BZh9 is a word"});
}

TEST_CASE("text file: plain or gzip by its name, there only when it is complete") {
  const test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 50000; ++i) text += std::to_string(i) + "\n";
  for (const char* name : {"out.txt", "out.txt.gz"}) {
    const std::string path = folder.path(name);
    {
      ondol::ngram::TextFile abandoned(path);
      abandoned.write(text);
    }
    CHECK(std::filesystem::is_empty(std::filesystem::path(path).parent_path()));
    ondol::ngram::TextFile file(path);
    for (std::size_t i = 0; i < text.size(); i += 1000) file.write(std::string_view(text).substr(i, 1000));
    file.finish();
    CHECK(std::filesystem::file_size(path) < (path.ends_with(".gz") ? text.size() / 2 : text.size() + 1));
    Lines lines(path, 100);
    std::string back;
    for (std::string_view line; lines.next(line);) back.append(line).append("\n");
    CHECK(back == text);
    std::filesystem::remove(path);
  }
  CHECK_THROWS_AS(ondol::ngram::TextFile("/nowhere/x"), ondol::Error);
}
