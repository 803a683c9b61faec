#pragma once
namespace ondol {
struct FloatKernels {
  int none;
};
}  // namespace ondol
