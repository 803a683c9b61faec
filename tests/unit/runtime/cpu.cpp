#include "runtime/cpu.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "ondol/error.hpp"
#include "ondol/runtime.hpp"

namespace {

/// ONDOL_ISA while it lives.
struct Forced {
  explicit Forced(const char* value) {
    if (const char* old = std::getenv("ONDOL_ISA")) before = old;
    ::setenv("ONDOL_ISA", value, 1);
  }
  ~Forced() { before.empty() ? ::unsetenv("ONDOL_ISA") : ::setenv("ONDOL_ISA", before.c_str(), 1); }
  std::string before;
};

}  // namespace

TEST_CASE("cpu: base is always there, weakest first, and every name leads back") {
  const auto isas = ondol::available_isas();
  REQUIRE(!isas.empty());
  CHECK(isas.front() == ondol::Isa::base);
  CHECK(std::is_sorted(isas.begin(), isas.end()));
  for (const ondol::Isa isa : isas) {
    CHECK(ondol::choose_isa(ondol::isa_name(isa)) == isa);
    CHECK(ondol::Runtime({.isa = std::string(ondol::isa_name(isa))}).isa() == ondol::isa_name(isa));
  }
}

TEST_CASE("cpu: the name decides, then the environment, then the best") {
  {
    const Forced none("");
    CHECK(ondol::choose_isa("") == ondol::available_isas().back());
  }
  const Forced base("base");
  CHECK(ondol::choose_isa("") == ondol::Isa::base);
  CHECK(ondol::choose_isa(ondol::isa_name(ondol::available_isas().back())) == ondol::available_isas().back());
}

TEST_CASE("cpu: an unknown name is an error that lists the known ones, wherever it comes from") {
  CHECK_THROWS_WITH_AS((void)ondol::choose_isa("sse9"), doctest::Contains("unknown 'sse9', expected one of base"),
                       ondol::Error);
  const Forced wrong("sse9");
  CHECK_THROWS_AS((void)ondol::choose_isa(""), ondol::Error);
  CHECK_THROWS_AS(ondol::Runtime{}, ondol::Error);
}
