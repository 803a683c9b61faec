#include <iterator>

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
#endif

const Kernels& kernels(Isa isa) noexcept {
  static constexpr const Kernels* tables[] = {  // as Isa counts
    &base::table,
#if defined(__x86_64__)
    &avx2::table,
    &avxvnni::table,
    &avx512::table,
    &avx512vnni::table,
#endif
  };
  const auto i = static_cast<std::size_t>(isa);
  return *tables[i < std::size(tables) ? i : 0];
}

}  // namespace ondol
