#include <algorithm>

#include "formats/rows.hpp"

namespace ondol {
namespace {

using namespace storage;

constexpr const Format* table[] = {&f32,  &f16,  &q4_0, &q4_1, &q5_0,   &q5_1,   &q8_0, &q2_k,
                                   &q3_k, &q4_k, &q5_k, &q6_k, &iq4_nl, &iq4_xs, &bf16};

/// GGUF's storage types without a Format, so that messages can name them. Source: ggml's `ggml_type`.
struct Named {
  std::uint32_t gguf_id;
  std::string_view name;
};
constexpr Named named[] = {
    {4, "Q4_2"},      {5, "Q4_3"},   {9, "Q8_1"},   {15, "Q8_K"},       {16, "IQ2_XXS"},    {17, "IQ2_XS"},
    {18, "IQ3_XXS"},  {19, "IQ1_S"}, {21, "IQ3_S"}, {22, "IQ2_S"},      {24, "I8"},         {25, "I16"},
    {26, "I32"},      {27, "I64"},   {28, "F64"},   {29, "IQ1_M"},      {31, "Q4_0_4_4"},   {32, "Q4_0_4_8"},
    {33, "Q4_0_8_8"}, {34, "TQ1_0"}, {35, "TQ2_0"}, {36, "IQ4_NL_4_4"}, {37, "IQ4_NL_4_8"}, {38, "IQ4_NL_8_8"},
    {39, "MXFP4"},    {40, "NVFP4"}, {41, "Q1_0"},  {42, "Q2_0"},
};

}  // namespace

std::span<const Format* const> formats() noexcept { return table; }

const Format* find_format(std::uint32_t gguf_id) noexcept {
  const auto* found = std::ranges::find(table, gguf_id, [](const Format* f) { return f->gguf_id; });
  return found == std::end(table) ? nullptr : *found;
}

const Format* find_format(std::string_view name) noexcept {
  const auto* found = std::ranges::find(table, name, [](const Format* f) { return f->name; });
  return found == std::end(table) ? nullptr : *found;
}

std::string_view format_name(std::uint32_t gguf_id) noexcept {
  if (const Format* format = find_format(gguf_id)) return format->name;
  const auto* found = std::ranges::find(named, gguf_id, &Named::gguf_id);
  return found == std::end(named) ? std::string_view() : found->name;
}

}  // namespace ondol
