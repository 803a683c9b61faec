#include "ngram/arpa_reader.hpp"

#include <doctest/doctest.h>

#include <string>

#include "ngram/arpa.hpp"
#include "ondol/error.hpp"
#include "ondol/ngram.hpp"
#include "temp.hpp"

namespace {

using namespace ondol;
using test::replaced;
using test::small_arpa;

std::string refusal(std::string_view text, Status code = Status::bad_file) {
  try {
    (void)NGram::load(test::MemoryFile(text).path());
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("ARPA: plain, gzip, CR LF, spaces for tabs, blank lines and numbers in any spelling") {
  const std::string text = small_arpa;
  std::string windows;
  std::string spaces;
  for (const char c : text) {
    windows += c == '\n' ? "\r\n" : std::string(1, c);
    spaces += c == '\t' ? ' ' : c;
  }
  const NGram model = NGram::load(test::MemoryFile(text).path());
  for (const std::string& same :
       {test::gzip(text), windows, spaces, replaced(text, "ngram 2=5", "ngram 2 = 5"),
        replaced(text, "\\2-grams:\n", "\n\n\\2-grams: \n"), text + "\n \n",
        replaced(text, "-0.75\t</s>\n", "-7.5e-1\t</s>\t0\n"), replaced(text, "b\t0.125", "b\t+0.125"),
        replaced(text, "\t<s> a b\n", "\t<s> a b\t0.0\n"), text.substr(0, text.size() - 1)}) {
    const NGram other = NGram::load(test::MemoryFile(same).path());
    CHECK(other.score("a b c d c b").nll == model.score("a b c d c b").nll);
  }
}

TEST_CASE("ARPA: n-grams in any order") {
  const std::string mixed = replaced(replaced(small_arpa, "-0.25\ta b\t-0.3125\n", ""), "-1.125\tc a\t-0.1875\n",
                                     "-1.125\tc a\t-0.1875\n-0.25\ta b\t-0.3125\n");
  const NGram model = NGram::load(test::MemoryFile(small_arpa).path());
  CHECK(NGram::load(test::MemoryFile(mixed).path()).score("a b c a b a").nll == model.score("a b c a b a").nll);
}

TEST_CASE("ARPA: every malformed line is named with its number") {
  struct Case {
    const char* what;
    const char* by;
    const char* message;
  };
  const Case cases[] = {
      {"ngram 1=6", "ngram 1=7", "line 15: 6 1-grams, the header says 7"},
      {"ngram 1=6", "ngram 1=5", "line 14: \"-1.5\tc\t-0.375\", expected \\2-grams:"},
      {"ngram 1=6", "ngram 1=six", "line 4: \"six\" is no count"},
      {"ngram 1=6", "ngram 1=-6", "line 4: \"-6\" is no count"},
      {"ngram 1=6", "ngram 1=99999999999999999999", "line 4: \"99999999999999999999\" is no count"},
      {"ngram 1=6", "ngram 2=6", "line 4: count of order \"2\", expected order 1"},
      {"ngram 1=6", "words 1=6", "line 4: \"words 1=6\", expected \"ngram 1=COUNT\" or an empty line"},
      {"ngram 1=6", "ngram 1 6", "line 4: \"ngram 1 6\", expected"},
      {"ngram 1=6", "ngram 1=0", "no unigrams"},
      {"ngram 1=6", "ngram 1=600", "600 1-grams are promised, more than a file of"},
      {"ngram 3=2", "ngram 3=18446744073709551615", "18446744073709551615 3-grams are promised"},
      {"-1\ta\t-0.25", "x\ta\t-0.25", "line 12: probability \"x\" is not the logarithm of a number"},
      {"-1\ta\t-0.25", "nan\ta\t-0.25", "line 12: probability \"nan\""},
      {"-1\ta\t-0.25", "-1x\ta\t-0.25", "line 12: probability \"-1x\""},
      {"-1\ta\t-0.25", "0.1\ta\t-0.25", "line 12: log-probability 0.1 is over 0"},
      {"-1\ta\t-0.25", "-1\ta\tinf", "line 12: back-off weight \"inf\""},
      {"-1\ta\t-0.25", "-1\ta\t-", "line 12: back-off weight \"-\""},
      {"-1\ta\t-0.25", "-1", "line 12: 1 fields, expected a number and 1 words"},
      {"-1\ta\t-0.25", "-1\ta\t-0.25\tx", "line 12: more than a 1-gram"},
      {"-1\ta\t-0.25", "-1\tb\t-0.25", "line 13: unigram \"b\" for the second time"},
      {"\\2-grams:", "\\4-grams:", "line 16: \"\\4-grams:\", expected \\2-grams:"},
      {"b a\n", "b x\n", "line 19: word \"x\" of a 2-gram is no unigram"},
      {"-0.875\tb a\n", "-0.25\ta b\n", "line 19: the same 2-gram as in line 18"},
      {"-0.875\tb a\n", "\n", "line 19: 2 2-grams, the header says 5"},
      {"-0.875\tb a\n", "-0.875\tb\n", "line 19: 2 fields, expected a number and 2 words"},
      {"\t<s> a b\n", "\tb b b\n", "line 24: its first 2 words are no 2-gram"},
      {"\t<s> a b\n", "\t<s> a b\t-1\n", "line 24: back-off weight -1 of an n-gram of the highest order"},
      {"\\end\\", "\\4-grams:", "line 27: \"\\4-grams:\", expected \\end\\"},
      {"\\end\\\n", "", "ends after line 26, expected \\end\\"},
      {"\\end\\\n", "\\end\\\nmore\n", "line 28: \"more\" behind \\end\\"},
      {"a comment", "# ondol unit: sentences\na comment", "line 1: unit \"sentences\", expected"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.by);
    const std::string message = refusal(replaced(small_arpa, c.what, c.by));
    CAPTURE(message);
    CHECK(message.find(c.message) != std::string::npos);
  }
  CHECK(refusal("just a text\n").find("no ARPA file") != std::string::npos);
  CHECK(refusal("\\data\\\n").find("ends after line 1") != std::string::npos);
  std::string orders = "\\data\\\n";
  for (int n = 1; n <= 11; ++n) orders += "ngram " + std::to_string(n) + "=1\n";
  CHECK(refusal(orders, Status::unsupported).find("line 12: order 11, at most 10") != std::string::npos);
  CHECK(refusal("\\data\\\n" + std::string(2 << 20, 'x')).find("line 2: longer than") != std::string::npos);
}

TEST_CASE("ARPA: a file cut anywhere is an error") {
  const std::string text = small_arpa;
  const std::size_t whole = text.find("\\end\\") + 5;
  for (std::size_t cut = 1; cut < whole; ++cut) CHECK(refusal(text.substr(0, cut)) != "no error");
  const std::string compressed = test::gzip(text);
  for (std::size_t cut = 2; cut < compressed.size(); ++cut) CHECK(refusal(compressed.substr(0, cut)) != "no error");
}

TEST_CASE("ARPA: counts that lie allocate no more than the file is worth") {
  // What a gzip file could hold is a thousand times its size: here it holds comments, and then too few n-grams.
  const std::string text = std::string(1000, '#') + "\n";
  std::string comments;
  for (int i = 0; i < 30000; ++i) comments += text;
  for (const auto& [what, by] : {std::pair{"ngram 1=6", "ngram 1=5000000"}, {"ngram 3=2", "ngram 3=2000000"}}) {
    const test::MemoryFile file(test::gzip(comments + replaced(small_arpa, what, by)));
    const Runtime runtime;
    CHECK_THROWS_WITH_AS((void)NGram::load(file.path(), {.runtime = runtime}), doctest::Contains("the header says"),
                         Error);
    CHECK(runtime.memory_peak() < 100000);
  }
}

TEST_CASE("ARPA: the memory cap, the stop token, progress") {
  const test::MemoryFile file(small_arpa);
  const Runtime tiny({.memory_limit = 2000});
  CHECK_THROWS_WITH_AS((void)NGram::load(file.path(), {.runtime = tiny}), doctest::Contains("memory limit"), Error);
  CHECK(tiny.memory_used() == 0);
  const Runtime counted;
  const NGram model = NGram::load(file.path(), {.runtime = counted});
  CHECK(counted.memory_used() == model.memory());
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS((void)NGram::load(file.path(), {.stop = stop.get_token()}), Error);
  const auto progress = std::make_shared<Progress>();
  (void)NGram::load(file.path(), {.progress = progress});
  CHECK(progress->total == std::string(small_arpa).size());
  CHECK_THROWS_AS((void)NGram::load("/nowhere.arpa"), Error);
}
