#include <doctest/doctest.h>

#include "kernels/kernels.hpp"

TEST_CASE("kernels: every instruction set has a full row of its own") {
  for (const ondol::Isa isa : {ondol::Isa::base, ondol::Isa::avx2, ondol::Isa::avxvnni, ondol::Isa::avx512,
                               ondol::Isa::avx512vnni, ondol::Isa::neon}) {
    if (ondol::isa_name(isa) == "unknown") continue;  // another machine's
    const ondol::Kernels& row = ondol::kernels(isa);
    CHECK(row.isa == isa);
    CHECK(row.elementwise != nullptr);
    CHECK(row.attention != nullptr);
    CHECK(row.float_products != nullptr);
    CHECK(row.quantised != nullptr);
    if (isa != ondol::Isa::base) CHECK(row.attention != ondol::kernels(ondol::Isa::base).attention);
  }
}
