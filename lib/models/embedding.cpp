#include "models/embedding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "blocks/scale.hpp"
#include "kernels/elementwise.hpp"

namespace ondol {

void Embedding::bind(const Recipe& recipe, WeightBinder& binder, const Embedding* tokens) {
  hidden_ = recipe.hidden_size;
  width_ = recipe.embedding_size ? recipe.embedding_size : hidden_;
  scale_ = recipe.embedding_scale;
  tokens_ = tokens;
  const Weight& any = binder.at("token_embd.weight");
  vocabulary_ = any.rows();
  weight_ = &binder.rows("token_embd.weight", vocabulary_, width_);
  bind_positions(recipe, binder);
  if (const std::string name = recipe.prefix + "token_types.weight"; binder.has(name)) {
    type_count_ = binder.at(name).rows();
    binder.vector(name, type_count_ * width_, types_);
  }
  if (recipe.embedding_norm) {
    norm_.kind = recipe.norm;
    norm_.eps = static_cast<float>(recipe.norm_eps);
    binder.norm(recipe.prefix + "token_embd_norm", width_, norm_);
  }
  if (width_ != hidden_) {
    binder.linear("embd_projection", hidden_, width_, project_in_);
    if (binder.has("output_projection.weight")) binder.linear("output_projection", width_, hidden_, project_out_);
  }
  if (!tokens_) bind_output(recipe, binder);
}

void Embedding::bind_positions(const Recipe& recipe, WeightBinder& binder) {
  if (!recipe.positions) return;
  first_position_ = *recipe.positions;
  const std::string name = recipe.prefix + "position_embd.weight";
  position_kind_ = binder.has(name) ? Positions::learned : recipe.position_kind;
  if (position_kind_ == Positions::learned) {
    const Weight& table = binder.at(name);
    position_width_ = table.columns() == width_ ? width_ : hidden_;
    position_count_ = table.rows();
    binder.vector(name, position_count_ * position_width_, positions_);
    if (position_count_ <= first_position_) binder.rows(name, first_position_ + 1, position_width_);
    return;
  }
  position_width_ = hidden_;
  const std::size_t half = hidden_ / 2;
  const bool to_end = position_kind_ == Positions::sinusoidal_to_end;
  const double steps = to_end ? std::max(double(half) - 1, 1.0) : double(hidden_) / 2;
  for (std::size_t i = 0; i < half; ++i) {
    frequencies_.push_back(std::exp(-std::log(10'000.0) * double(i) / steps));
  }
}

void Embedding::bind_output(const Recipe& recipe, WeightBinder& binder) {
  logit_scale_ = recipe.logit_scale;
  logit_softcap_ = recipe.logit_softcap;
  if (binder.has("output_transform.weight")) {
    transform_activation_ = recipe.transform;
    transform_norm_.kind = recipe.norm;
    transform_norm_.eps = static_cast<float>(recipe.norm_eps);
    binder.linear("output_transform", width_, hidden_, transform_);
    binder.norm("output_transform_norm", width_, transform_norm_);
  }
  tied_ = !binder.has("output.weight");
  if (tied_) {
    binder.packed(*weight_, head_.weight);
    if (binder.has("output.bias")) binder.vector("output.bias", vocabulary_, head_.bias);
  } else {
    binder.linear("output", vocabulary_, width_, head_);
  }
}

void Embedding::load(const std::shared_ptr<MemoryAccount>& memory) {
  if (!tied_ && !tokens_) {
    kept_ = Buffer(memory, vocabulary_ * weight_->row_bytes(), "embedding", MemoryUse::weights);
    weight_->read_rows(0, vocabulary_, [&](std::span<const std::byte> bytes) {
      std::memcpy(kept_.data(), bytes.data(), bytes.size());
    });
    view_ = {weight_->format, vocabulary_, width_, {kept_.data(), kept_.size()}};
  }
  weight_ = nullptr;
}

std::uint64_t Embedding::bytes() const noexcept {
  if (tied_ || tokens_) return 0;
  return weight_ ? vocabulary_ * weight_->row_bytes() : kept_.size();
}

void Embedding::row(Token id, float* out) const {
  if (tokens_) return tokens_->row(id, out);
  const auto index = static_cast<std::size_t>(id);
  if (tied_) {
    head_.weight.unpack_row(index, out);
  } else {
    view_.format->unpack(view_.row(index), out, width_ / view_.format->weights);
  }
}

void Embedding::add_sinusoids(std::uint32_t position, float* to, std::size_t width) const {
  const std::size_t half = width / 2;
  const double at = double(position) + double(first_position_);
  for (std::size_t i = 0; i < half; ++i) {
    const double angle = at * frequencies_[i];
    to[i] += static_cast<float>(std::sin(angle));
    to[width - half + i] += static_cast<float>(std::cos(angle));
  }
}

void Embedding::rows(const EmbeddingInput& in, std::size_t rows, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const bool projected = width_ != hidden_;
  float* x = projected ? compute.arena.take<float>(rows * width_) : out;
  const ElementwiseKernels& kernels = *compute.kernels.elementwise;
  const auto add_position = [&](float* to, std::size_t i, std::size_t width) {
    if (!in.positions || position_kind_ == Positions::none || position_width_ != width) return;
    if (position_kind_ != Positions::learned) return add_sinusoids(in.positions[i], to, width);
    kernels.add(to, positions_.data() + (in.positions[i] + first_position_) * width, width);
  };
  compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      float* to = x + i * width_;
      row(in.ids[i], to);
      if (scale_ != 1) {
        const auto factor = static_cast<float>(scale_);
        for (std::size_t k = 0; k < width_; ++k) to[k] *= factor;
      }
      if (type_count_ > 0) kernels.add(to, types_.data() + (in.types ? in.types[i] : 0) * width_, width_);
      add_position(to, i, width_);
      if (norm_) norm_.apply_row(to, to, compute.kernels, width_);
    }
  });
  if (!projected) return;
  Activations narrow(x, rows, width_, width_);
  project_in_.apply(narrow, out, compute);
  for (std::size_t i = 0; i < rows; ++i) add_position(out + i * hidden_, i, hidden_);
}

void Embedding::logits(const float* rows, std::size_t count, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const float* x = rows;
  if (transform_.outputs() != 0) {
    auto* transformed = compute.arena.take<float>(count * width_);
    Activations in(rows, count, hidden_, hidden_);
    transform_.apply(in, transformed, compute);
    compute.pool.parallel_ranges(count, 4, [&](std::size_t begin, std::size_t end) {
      compute.kernels.elementwise->activate(transform_activation_, transformed + begin * width_,
                                            (end - begin) * width_);
    });
    transform_norm_.apply(transformed, count, transformed, compute);
    x = transformed;
  } else if (project_out_.outputs() != 0) {
    auto* narrow = compute.arena.take<float>(count * width_);
    Activations wide(rows, count, hidden_, hidden_);
    project_out_.apply(wide, narrow, compute);
    x = narrow;
  }
  Activations last(x, count, width_, width_);
  head_.apply(last, out, compute);
  const std::size_t n = count * vocabulary_;
  scale(out, n, logit_scale_, compute);
  if (logit_softcap_ <= 0) return;
  const auto most = static_cast<float>(logit_softcap_);
  compute.pool.parallel_ranges(n, 4096, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) out[i] /= most;
    compute.kernels.elementwise->activate(Activation::tanh, out + begin, end - begin);
    for (std::size_t i = begin; i < end; ++i) out[i] *= most;
  });
}

}  // namespace ondol
