#include "handles.hpp"

extern "C" {

const char* ondol_string_data(const ondol_string* string) { return string ? string->value.c_str() : ""; }

int64_t ondol_string_size(const ondol_string* string) {
  return string ? static_cast<int64_t>(string->value.size()) : 0;
}

void ondol_string_free(ondol_string* string) { ondol::capi::release(string); }

const int32_t* ondol_tokens_data(const ondol_tokens* tokens) { return tokens ? tokens->value.data() : nullptr; }

int64_t ondol_tokens_count(const ondol_tokens* tokens) {
  return tokens ? static_cast<int64_t>(tokens->value.size()) : 0;
}

void ondol_tokens_free(ondol_tokens* tokens) { ondol::capi::release(tokens); }

const float* ondol_tensor_data(const ondol_tensor* tensor) { return tensor ? tensor->value.values.data() : nullptr; }

int64_t ondol_tensor_rows(const ondol_tensor* tensor) { return tensor ? static_cast<int64_t>(tensor->value.rows) : 0; }

int64_t ondol_tensor_columns(const ondol_tensor* tensor) {
  return tensor ? static_cast<int64_t>(tensor->value.columns) : 0;
}

void ondol_tensor_free(ondol_tensor* tensor) { ondol::capi::release(tensor); }

}  // extern "C"
