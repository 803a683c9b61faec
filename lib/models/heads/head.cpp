#include "models/heads/head.hpp"

#include <algorithm>
#include <string>

#include "kernels/elementwise.hpp"

namespace ondol {

Head::Head(const Recipe& recipe, WeightBinder& binder) : recipe_(recipe.head), hidden_(recipe.hidden_size) {
  const bool dense = recipe_.kind == HeadKind::sequence || recipe_.each_token;
  width_ = hidden_;
  if (dense && binder.has("cls.weight")) {
    width_ = binder.at("cls.weight").rows();
    binder.linear("cls", width_, hidden_, dense_);
  }
  if (dense && binder.has("cls.norm.weight")) {
    norm_.kind = recipe.norm;
    norm_.eps = static_cast<float>(recipe.norm_eps);
    binder.norm("cls.norm", width_, norm_);
  }
  labels_ = binder.at("cls.output.weight").elements() / std::max<std::size_t>(width_, 1);
  if (recipe_.kind == HeadKind::span) labels_ = 2;
  binder.linear("cls.output", std::max<std::size_t>(labels_, 1), width_, output_);
}

void Head::apply(const float* rows, std::size_t count, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const float* x = rows;
  if (dense_.outputs() != 0) {
    auto* made = compute.arena.take<float>(count * width_);
    Activations in(rows, count, hidden_, hidden_);
    dense_.apply(in, made, compute);
    compute.kernels.elementwise->activate(recipe_.activation, made, count * width_);
    if (norm_) norm_.apply(made, count, made, compute);
    x = made;
  }
  Activations last(x, count, width_, width_);
  output_.apply(last, out, compute);
}

}  // namespace ondol
