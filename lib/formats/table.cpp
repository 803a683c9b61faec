#include <algorithm>

#include "formats/rows.hpp"

namespace ondol {
namespace {

using namespace storage;

constexpr const Format* table[] = {
    &f32,    &f16,     &q4_0,  &q4_1,   &q5_0,  &q5_1,  &q8_0,   &q2_k,    &q3_k,    &q4_k, &q5_k,   &q6_k, &iq2_xxs,
    &iq2_xs, &iq3_xxs, &iq1_s, &iq4_nl, &iq3_s, &iq2_s, &iq4_xs, &i8,      &i16,     &i32,  &i64,    &f64,  &iq1_m,
    &bf16,   &tq1_0,   &tq2_0, &mxfp4,  &nvfp4, &q1_0,  &q2_0,   &f8_e4m3, &f8_e5m2, &u8,   &boolean};

/// GGUF's storage types without a Format, so that messages can name them. Source: ggml's `ggml_type`.
struct Named {
  std::uint32_t gguf_id;
  std::string_view name;
};
constexpr Named named[] = {{4, "Q4_2"},        {5, "Q4_3"},       {9, "Q8_1"},      {15, "Q8_K"},
                           {31, "Q4_0_4_4"},   {32, "Q4_0_4_8"},  {33, "Q4_0_8_8"}, {36, "IQ4_NL_4_4"},
                           {37, "IQ4_NL_4_8"}, {38, "IQ4_NL_8_8"}};

}  // namespace

std::span<const Format* const> formats() noexcept { return table; }

const Format* find_format(std::uint32_t gguf_id) noexcept {
  if (gguf_id == no_gguf_id) return nullptr;
  const auto* found = std::ranges::find(table, gguf_id, [](const Format* f) { return f->gguf_id; });
  return found == std::end(table) ? nullptr : *found;
}

const Format* find_format(std::string_view name) noexcept {
  const auto* found = std::ranges::find(table, name, [](const Format* f) { return f->name; });
  return found == std::end(table) ? nullptr : *found;
}

const Format& own_format(Product product) noexcept {
  return **std::ranges::find(table, product, &Format::product);  // formats of GGUF's earlier ids come first
}

std::string_view format_name(std::uint32_t gguf_id) noexcept {
  if (const Format* format = find_format(gguf_id)) return format->name;
  const auto* found = std::ranges::find(named, gguf_id, &Named::gguf_id);
  return found == std::end(named) ? std::string_view() : found->name;
}

}  // namespace ondol
