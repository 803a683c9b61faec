#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "models/config.hpp"
#include "models/weight.hpp"

namespace ondol {

/// Turns the tensors of a checkpoint into the one that GGUF files have; the reverse for writing checkpoints.
/// `weight.parts` are the file's tensors in the order of their last number; shapes are theirs.
struct Layout {
  /// @throws Error bad_file: shapes that cannot be turned.
  void (*to_gguf)(const Config& config, Weight& weight);
  void (*from_gguf)(const Config& config, Weight& weight);
  /// Where one tensor of the checkpoint holds several of GGUF's, and has a row in the table for each (then from_gguf is
  /// null): the checkpoint's tensor, of GGUF's in the order of the rows; without a name.
  Weight (*join)(const Config& config, std::span<const Weight> shares) = nullptr;
  bool keeps_rows = false;  ///< values of a row stay together, in their order
};

/// Makes each value f(value); the weight is then stored as F32.
void change_values(Weight& weight, const std::function<float(float)>& f);

namespace layouts {

extern const Layout rotated_queries;  ///< rows of each head from halves (i, i + d/2) to neighbours (2i, 2i + 1)
extern const Layout rotated_keys;
extern const Layout heads_of_three;   ///< rows [heads][q, k, v][head_dim] to [q, k, v][heads][head_dim]
extern const Layout kv_groups;        ///< rows [kv_heads][queries.., k, v][head_dim] to all q, all k, all v
extern const Layout transposed;       ///< [in, out] to [out, in], alone or in a stack
extern const Layout plus_one;         ///< stored as the difference to 1
extern const Layout behind_padding;   ///< positions that begin behind the padding token's id: the rows before are cut off
extern const Layout minus_exp;        ///< -exp(x)
extern const Layout depthwise;        ///< [channels, 1, kernel] to [channels, kernel]
extern const Layout per_head;         ///< [heads] to [heads, 1]
extern const Layout per_head_rates;   ///< the same, and -exp(x)
extern const Layout norm_groups;      ///< [width] to [groups, width / groups], for ssm_group_count of them
extern const Layout per_channel;      ///< [1, 1, channels] to [channels]
extern const Layout one_row;          ///< [1, columns] to [columns]
extern const Layout matrix;           ///< the same for a matrix that happens to have one row; its bias is left

// Of a gated delta net's rows [key_heads][q, k, v.., gate..], all q, all k and all v, or all gates (delta_config.cpp).
extern const Layout delta_inputs;
extern const Layout delta_gate;
// Gate and up of gated blocks, alone or in stacks of experts, that are one tensor of the checkpoint (fused_layouts.cpp).
extern const Layout first_half;  ///< rows [gate.., up..]
extern const Layout second_half;
extern const Layout even_values;  ///< of each row: gate, up, gate, up ..
extern const Layout odd_values;
extern const Layout first_half_transposed;  ///< columns [gate.., up..] of [in, out]
extern const Layout second_half_transposed;
extern const Layout even_transposed;  ///< columns gate, up, gate, up .. of [in, out]
extern const Layout odd_transposed;
// What makes keys and values of latents: rows [heads][key.., value..][latent].
extern const Layout latent_keys;  ///< [heads][latent][key], for the query's side
extern const Layout latent_values;

}  // namespace layouts

/// A row of a naming table. `{}` stands for a number: the layer first, then the part (an expert); later numbers
/// may be spelled out. A name covers
/// name.weight and name.bias too.
struct Rename {
  std::string_view hugging_face;
  std::string_view gguf;
  const Layout* layout = nullptr;
};

/// How the checkpoints of a family name their tensors. Of two rows for one GGUF name the later is used in writing.
using Naming = std::vector<Rename>;

/// `more` replaces rows of `base` for the same checkpoint name, and adds others.
[[nodiscard]] Naming with(Naming base, const Naming& more);

/// Names of Llama and most that came after it.
[[nodiscard]] const Naming& llama_names();
/// Llama's, with queries and keys in the order that GGUF files of the llama architecture have them.
[[nodiscard]] const Naming& rotated_llama_names();
/// `base` and the names that most mixtures of experts have in their checkpoints.
[[nodiscard]] Naming with_experts(const Naming& base);

/// Whether a tensor of a GGUF file holds factors of the rotary embedding, which are constants and no parameters.
[[nodiscard]] bool is_rope_factor(std::string_view tensor) noexcept;

/// Whether a tensor belongs to a layer, as GGUF files or checkpoints name it.
[[nodiscard]] bool belongs_to_layer(std::string_view tensor, std::size_t layer);

/// The tensors of a model under GGUF's names, sorted by name.
/// @throws Error bad_file.
[[nodiscard]] std::vector<Weight> canonical_weights(const WeightSource& source, const Config& config,
                                                    const Naming& naming);

/// The reverse for one tensor of `all`: what a checkpoint of the family holds for it, under the names of its table; nothing
/// where another tensor stands for several.
/// @throws Error unsupported: a tensor that the family has no name for.
[[nodiscard]] std::vector<Weight> checkpoint_weights(const Config& config, const Weight& weight,
                                                     std::span<const Weight> all, const Naming& naming);

}  // namespace ondol
