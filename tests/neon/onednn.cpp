// What the kernels call of oneDNN, in plain C++ and in the order of sums that they ask for (lib/kernels/onednn):
// products of many rows take its way too, though there is no oneDNN for the other machine.
#include <dnnl.h>

dnnl_status_t dnnl_sgemm(char, char, dnnl_dim_t m, dnnl_dim_t n, dnnl_dim_t k, float, const float* a, dnnl_dim_t lda,
                         const float* b, dnnl_dim_t ldb, float beta, float* c, dnnl_dim_t ldc) {
  for (dnnl_dim_t i = 0; i < m; ++i) {
    for (dnnl_dim_t j = 0; j < n; ++j) {
      float sum = 0;
      for (dnnl_dim_t p = 0; p < k; ++p) sum = __builtin_fmaf(a[i * lda + p], b[p * ldb + j], sum);
      c[i * ldc + j] = beta == 0 ? sum : c[i * ldc + j] + sum;
    }
  }
  return dnnl_success;
}

const dnnl_version_t* dnnl_version() {
  static const dnnl_version_t version = [] {
    dnnl_version_t sequential{};
    sequential.cpu_runtime = DNNL_RUNTIME_SEQ;
    return sequential;
  }();
  return &version;
}
