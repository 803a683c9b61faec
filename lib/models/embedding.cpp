#include "models/embedding.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "blocks/scale.hpp"
#include "kernels/elementwise.hpp"

namespace ondol {

void Embedding::bind(const Recipe& recipe, WeightBinder& binder) {
  hidden_ = recipe.hidden_size;
  width_ = recipe.embedding_size ? recipe.embedding_size : hidden_;
  scale_ = recipe.embedding_scale;
  logit_scale_ = recipe.logit_scale;
  logit_softcap_ = recipe.logit_softcap;
  const Weight& any = binder.at("token_embd.weight");
  vocabulary_ = any.rows();
  weight_ = &binder.rows("token_embd.weight", vocabulary_, width_);
  if (recipe.positions) {
    first_position_ = *recipe.positions;
    const Weight& table = binder.at("position_embd.weight");
    position_width_ = table.columns() == width_ ? width_ : hidden_;
    position_count_ = table.rows();
    binder.vector("position_embd.weight", position_count_ * position_width_, positions_);
    if (position_count_ <= first_position_) binder.rows("position_embd.weight", first_position_ + 1, position_width_);
  }
  if (recipe.embedding_norm) {
    norm_.kind = recipe.norm;
    norm_.eps = static_cast<float>(recipe.norm_eps);
    binder.norm("token_embd_norm", width_, norm_);
  }
  if (width_ != hidden_) {
    binder.linear("embd_projection", hidden_, width_, project_in_);
    if (binder.has("output_projection.weight")) binder.linear("output_projection", width_, hidden_, project_out_);
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
  if (!tied_) {
    kept_ = Buffer(memory, vocabulary_ * weight_->row_bytes(), "embedding");
    weight_->read_rows(0, vocabulary_, [&](std::span<const std::byte> bytes) {
      std::memcpy(kept_.data(), bytes.data(), bytes.size());
    });
    view_ = {weight_->format, vocabulary_, width_, {kept_.data(), kept_.size()}};
  }
  weight_ = nullptr;
}

std::uint64_t Embedding::bytes() const noexcept {
  if (tied_) return 0;
  return weight_ ? vocabulary_ * weight_->row_bytes() : kept_.size();
}

void Embedding::row(Token id, float* out) const {
  const auto index = static_cast<std::size_t>(id);
  if (tied_) {
    head_.weight.unpack_row(index, out);
  } else {
    view_.format->unpack(view_.row(index), out, width_ / view_.format->weights);
  }
}

void Embedding::rows(const Token* ids, const std::uint32_t* positions, std::size_t rows, float* out,
                     Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const bool projected = width_ != hidden_;
  float* x = projected ? compute.arena.take<float>(rows * width_) : out;
  const auto add_position = [&](float* to, std::size_t i, std::size_t width) {
    if (!positions || positions_.empty() || position_width_ != width) return;
    compute.kernels.elementwise->add(to, positions_.data() + (positions[i] + first_position_) * width, width);
  };
  compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      float* to = x + i * width_;
      row(ids[i], to);
      if (scale_ != 1) {
        const auto factor = static_cast<float>(scale_);
        for (std::size_t k = 0; k < width_; ++k) to[k] *= factor;
      }
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
  if (project_out_.outputs() != 0) {
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
