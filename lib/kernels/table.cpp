#include "kernels/kernels.hpp"

namespace ondol {

// Each is defined by kernels/isa/<isa>.cpp.
namespace base {
extern const Kernels table;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels table;
}
namespace avxvnni {
extern const Kernels table;
}
namespace avx512 {
extern const Kernels table;
}
namespace avx512vnni {
extern const Kernels table;
}
#elif defined(__aarch64__)
namespace neon {
extern const Kernels table;
}
#endif

const Kernels& kernels(Isa isa) noexcept {
  static constexpr const Kernels* tables[] = {
    &base::table,
#if defined(__x86_64__)
    &avx2::table,
    &avxvnni::table,
    &avx512::table,
    &avx512vnni::table,
#elif defined(__aarch64__)
    &neon::table,
#endif
  };
  for (const Kernels* table : tables) {
    if (table->isa == isa) return *table;
  }
  return base::table;
}

}  // namespace ondol
