#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "blocks/attention.hpp"
#include "blocks/attention_and_mamba2.hpp"
#include "blocks/cross_attention.hpp"
#include "blocks/disentangled_attention.hpp"
#include "blocks/distance.hpp"
#include "blocks/experts.hpp"
#include "blocks/gated_delta.hpp"
#include "blocks/latent_attention.hpp"
#include "blocks/mamba.hpp"
#include "blocks/mamba2.hpp"
#include "blocks/mlp.hpp"
#include "blocks/norm.hpp"
#include "blocks/rg_lru.hpp"
#include "blocks/rope.hpp"
#include "blocks/rwkv.hpp"
#include "blocks/short_convolution.hpp"

namespace ondol {

/// Where a block's norms stand, with x the residual stream and f the block.
enum class NormPlace : std::uint8_t {
  before,   ///< x + f(norm(x))
  after,    ///< x + norm(f(x))
  both,     ///< x + norm(f(norm(x)))
  residual  ///< norm(x + f(x))
};

struct RopeRecipe {
  Rope::Pairs pairs = Rope::Pairs::halves;
  std::size_t dimensions = 0;  ///< rotated dimensions of a head
  double theta = 0;
  RopeScaling scaling;

  bool operator==(const RopeRecipe&) const = default;
};

/// What mixes the positions of a layer, and what works on each position by itself.
using MixerRecipe =
    std::variant<Attention::Shape, LatentAttention::Shape, Mamba::Shape, Mamba2::Shape, AttentionAndMamba2::Shape,
                 ShortConvolution::Shape, RgLru::Shape, GatedDelta::Shape, RwkvTimeMix::Shape,
                 DisentangledAttention::Shape>;
/// monostate: none.
using FeedForwardRecipe = std::variant<Mlp::Shape, Experts::Shape, RwkvChannelMix::Shape, std::monostate>;

struct LayerRecipe {
  MixerRecipe mixer;
  FeedForwardRecipe feed_forward;
  std::optional<CrossAttention::Shape> cross{};  ///< of an encoder-decoder's decoder: stands between the two

  /// The shapes of its attention; nullptr if it has none.
  [[nodiscard]] const Attention::Shape* attention() const {
    if (const auto* both = std::get_if<AttentionAndMamba2::Shape>(&mixer)) return &both->attention;
    if (const auto* own = std::get_if<DisentangledAttention::Shape>(&mixer)) return &own->attention;
    return std::get_if<Attention::Shape>(&mixer);
  }

  bool operator==(const LayerRecipe&) const = default;
};

/// How a row is told its place where the token's embedding says it.
enum class Positions : std::uint8_t {
  none,
  learned,     ///< rows of a table
  sinusoidal,  ///< sines in the first half of a row, cosines in the second (Vaswani et al. 2017); frequencies 10000^(-2i/d)
  sinusoidal_to_end  ///< the same with 10000^(-i/(d/2 - 1)): the last frequency is 1/10000
};

/// What stands behind the last layer.
enum class HeadKind : std::uint8_t {
  none,
  tokens,    ///< logits over the vocabulary: language models, masked ones too
  sequence,  ///< logits of labels for a whole sequence
  labels,    ///< logits of labels for each token
  span       ///< where an answer begins and ends
};

/// Which rows stand for a sequence.
enum class Pooling : std::uint8_t { first, mean, last };

struct HeadRecipe {
  HeadKind kind = HeadKind::tokens;
  Pooling pooling = Pooling::last;         ///< of HeadKind::sequence
  Activation activation = Activation::tanh;  ///< behind the first of its matrices, where it has two
  bool each_token = false;                   ///< heads for tokens have two matrices as well

  bool operator==(const HeadRecipe&) const = default;
};

/// A family as data: how the shared blocks are put together. Families differ in these values only; the forward pass
/// (transformer.cpp) walks them. Biases are used where the file has them.
struct Recipe {
  std::size_t context = 0;
  std::size_t hidden_size = 0;
  std::vector<LayerRecipe> layers;
  std::size_t predictors = 0;  ///< layers behind the last that predict further tokens: in the file, and not used
  std::vector<RopeRecipe> ropes;

  NormKind norm = NormKind::rms;
  double norm_eps = 0;
  NormPlace norm_place = NormPlace::before;
  bool parallel = false;      ///< x + mixer(norm(x)) + feed_forward(norm'(x)); one norm for both where the file has one
  double residual_scale = 1;  ///< of what each block adds

  double embedding_scale = 1;
  std::size_t embedding_size = 0;        ///< width of the embedding where it is projected; 0 = hidden_size
  bool embedding_norm = false;           ///< a norm behind the embedding
  std::optional<std::size_t> positions;  ///< learned positions: the row of the first one
  Positions position_kind = Positions::learned;  ///< computed ones count from `positions` too; a table in the file wins
  Activation transform = Activation::gelu;  ///< of the layer before the logits, where the file has it
  bool final_norm = true;
  double final_norm_eps = 0;  ///< 0 = norm_eps
  double logit_scale = 1;
  double logit_softcap = 0;
  HeadRecipe head;

  bool both_directions = false;              ///< an encoder: rows see their whole sequence, and nothing is kept of it
  std::optional<DistanceBuckets> distances;  ///< biases of scores by distance, for shapes with relative_bias
  std::size_t relative_positions = 0;        ///< rows of embeddings for disentangled attention
  std::size_t shared_layers = 0;             ///< > 0: so many layers hold all weights, each for a run of layers
  std::string prefix;                        ///< of tensor names: "enc.", "dec." in an encoder-decoder
  std::vector<Recipe> encoder;               ///< of an encoder-decoder, which itself is the decoder: one

  /// The layer whose weights layer `index` has.
  [[nodiscard]] std::size_t weights_of(std::size_t index) const {
    return shared_layers ? index * shared_layers / layers.size() : index;
  }
  bool operator==(const Recipe&) const = default;

  /// The shape of the first layer that is a mixture of experts; nullptr if none is.
  [[nodiscard]] const Experts::Shape* experts() const {
    for (const LayerRecipe& layer : layers) {
      if (const auto* shape = std::get_if<Experts::Shape>(&layer.feed_forward)) return shape;
    }
    return nullptr;
  }
  /// The shapes of the first layer with attention; nullptr if none has.
  [[nodiscard]] const Attention::Shape* attention() const {
    for (const LayerRecipe& layer : layers) {
      if (const Attention::Shape* shape = layer.attention()) return shape;
    }
    return nullptr;
  }
};

}  // namespace ondol
