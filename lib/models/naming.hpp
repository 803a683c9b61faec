#pragma once

#include <memory>
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
};

namespace layouts {

extern const Layout rotated_queries;  ///< rows of each head from halves (i, i + d/2) to neighbours (2i, 2i + 1)
extern const Layout rotated_keys;
extern const Layout heads_of_three;   ///< rows [heads][q, k, v][head_dim] to [q, k, v][heads][head_dim]
extern const Layout kv_groups;        ///< rows [kv_heads][queries.., k, v][head_dim] to all q, all k, all v
extern const Layout transposed;       ///< [in, out] to [out, in]
extern const Layout plus_one;         ///< stored as the difference to 1
extern const Layout behind_padding;   ///< positions that begin behind the padding token's id: the rows before are cut off

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

/// The tensors of a model under GGUF's names, sorted by name.
/// @throws Error bad_file.
[[nodiscard]] std::vector<Weight> canonical_weights(const WeightSource& source, const Config& config,
                                                    const Naming& naming);

/// The reverse for one tensor: what a checkpoint of the family holds for it, under the names of its table.
/// @throws Error unsupported: a tensor that the family has no name for.
[[nodiscard]] std::vector<Weight> checkpoint_weights(const Config& config, const Weight& weight, const Naming& naming);

}  // namespace ondol
