#pragma once

#include <cstddef>
#include <string>

namespace ondol {

/// How a file names the tensors of a decoder. `{}` stands for the layer. The bias of `x.weight` is `x.bias`.
struct TensorNames {
  const char* embedding;
  const char* output_norm;
  const char* output;
  const char* rope_factors;
  const char* attention_norm;
  const char* query;
  const char* key;
  const char* value;
  const char* attention_output;
  const char* mlp_norm;
  const char* gate;
  const char* up;
  const char* down;
};

/// Names that llama.cpp writes for Llama and its kin.
extern const TensorNames gguf_names;

}  // namespace ondol
