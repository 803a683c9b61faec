#include "models/naming.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/fail.hpp"
#include "files/printable.hpp"
#include "formats/values.hpp"
#include "models/checkpoints/checkpoint.hpp"

namespace ondol {
namespace {

/// Prefixes that say which class of the library saved the model; they come and go.
constexpr std::string_view prefixes[] = {"model.",      "transformer.", "language_model.", "base_model.",
                                         "gpt_neox.",   "rwkv.",        "backbone.",       "bert.",
                                         "roberta.",    "distilbert.",  "electra.",        "mpnet.",
                                         "nomic_bert.", "deberta.",     "albert.",         "xlm-roberta."};

/// Parts beside the language model: what sees and hears, and layers that predict further tokens.
constexpr std::string_view other_parts[] = {
    "vision_tower.",        "vision_model.", "visual.",      "multi_modal_projector.",
    "vision_embed_tokens.", "audio_tower.",  "audio_model.", "mtp."};

std::string_view without_prefix(std::string_view name) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view prefix : prefixes) {
      if (name.starts_with(prefix) && name.size() > prefix.size()) {
        name.remove_prefix(prefix.size());
        again = true;
      }
    }
  }
  return name;
}

/// A name with `{}` in the place of its first numbers.
struct Pattern {
  std::string text;
  std::vector<std::uint64_t> numbers;
};

/// How checkpoints of long ago call a norm's weight and bias.
std::string modern(std::string_view name) {
  if (name.ends_with("LayerNorm.gamma")) return std::string(name.substr(0, name.size() - 5)) + "weight";
  if (name.ends_with("LayerNorm.beta")) return std::string(name.substr(0, name.size() - 4)) + "bias";
  return std::string(name);
}

Pattern pattern_of(std::string_view full, std::size_t most_numbers) {
  Pattern out;
  const std::string spelled = modern(without_prefix(full));
  const std::string_view name = spelled;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    const std::string_view word = name.substr(at, end - at);
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_number =
        out.numbers.size() < most_numbers && !word.empty() && error == std::errc() && stop == word.data() + word.size();
    if (!out.text.empty()) out.text += '.';
    out.text += is_number ? "{}" : word;
    if (is_number) out.numbers.push_back(number);
    at = end + 1;
  }
  return out;
}

std::string numbered(std::string_view pattern, std::uint64_t number) {
  const std::size_t at = pattern.find("{}");
  if (at == pattern.npos) return std::string(pattern);
  return fmt::format("{}{}{}", pattern.substr(0, at), number, pattern.substr(at + 2));
}

constexpr std::string_view suffixes[] = {"", ".weight", ".bias"};

struct Row {
  const Rename* rename;
  std::string_view suffix;
};

bool same_values(const Weight& a, const Weight& b) {
  if (a.format != b.format || a.shape != b.shape || a.parts.size() != 1 || b.parts.size() != 1) return false;
  return !a.parts[0].make && !b.parts[0].make && std::ranges::equal(a.parts[0].bytes, b.parts[0].bytes);
}

/// How GGUF files named tensors, and laid them out, before they had the names of today.
Naming older_gguf_names(const Config& config) {
  Naming names = {
      {"blk.{}.ffn_gate.{}", "blk.{}.ffn_gate_exps"},
      {"blk.{}.ffn_up.{}", "blk.{}.ffn_up_exps"},
      {"blk.{}.ffn_down.{}", "blk.{}.ffn_down_exps"},
      {"blk.{}.attn_kv_b", "blk.{}.attn_k_b", &layouts::latent_keys},
      {"blk.{}.attn_kv_b", "blk.{}.attn_v_b", &layouts::latent_values},
  };
  if (config.model_type() == "qwen3next") {
    names.push_back({"blk.{}.ssm_in", "blk.{}.attn_qkv", &layouts::delta_inputs});
    names.push_back({"blk.{}.ssm_in", "blk.{}.attn_gate", &layouts::delta_gate});
  }
  return names;
}

/// GGUF's shapes have no dimensions of 1 but the innermost.
void drop_ones(std::vector<std::uint64_t>& shape) {
  std::vector<std::uint64_t> kept;
  for (const std::uint64_t n : shape) {
    if (n != 1) kept.push_back(n);
  }
  if (kept.empty()) kept.push_back(1);
  shape = std::move(kept);
}

}  // namespace

Naming with(Naming base, const Naming& more) {
  for (const Rename& row : more) {
    std::erase_if(base, [&](const Rename& old) { return old.hugging_face == row.hugging_face; });
  }
  base.insert(base.end(), more.begin(), more.end());
  return base;
}

bool is_rope_factor(std::string_view tensor) noexcept { return tensor.starts_with("rope_f"); }

bool belongs_to_layer(std::string_view tensor, std::size_t layer) {
  return tensor.starts_with(fmt::format("blk.{}.", layer)) ||
         without_prefix(tensor).starts_with(fmt::format("layers.{}.", layer));
}

std::vector<Weight> canonical_weights(const WeightSource& source, const Config& config, const Naming& naming) {
  std::vector<Weight> out;
  std::vector<Weight> tensors;
  if (source.config()) {
    tensors = checkpoint_tensors(source, config);
  } else {
    for (const TensorView& tensor : source.tensors()) tensors.push_back(as_weight(tensor));
  }
  std::unordered_map<std::string, std::vector<Row>> rows;
  const Naming older = older_gguf_names(config);
  for (const Rename& rename : source.config() ? naming : older) {
    for (const std::string_view suffix : suffixes) {
      rows[std::string(without_prefix(rename.hugging_face)) + std::string(suffix)].push_back({&rename, suffix});
    }
  }
  struct Found {
    const Rename* rename;
    std::map<std::uint64_t, const Weight*> parts;
  };
  std::map<std::string, Found> found;
  for (const Weight& tensor : tensors) {
    const std::string_view plain = without_prefix(tensor.name);
    if (std::ranges::any_of(other_parts, [&](std::string_view part) { return plain.starts_with(part); })) continue;
    // A table may spell the later numbers out ("block.{}.layer.1.layer_norm").
    Pattern pattern = pattern_of(tensor.name, 1);
    auto its = rows.find(pattern.text);
    if (its == rows.end()) {
      pattern = pattern_of(tensor.name, std::string::npos);
      its = rows.find(pattern.text);
    }
    if (its == rows.end()) {
      out.push_back(tensor);
      continue;
    }
    for (const Row& row : its->second) {
      std::string name = numbered(row.rename->gguf, pattern.numbers.empty() ? 0 : pattern.numbers[0]);
      if (name.empty()) continue;  // known, and not used
      name += row.suffix;
      if (!source.config() && source.find(name)) continue;  // the newer one is there too
      Found& to = found.try_emplace(name, Found{row.rename, {}}).first->second;
      const std::uint64_t part = pattern.numbers.size() > 1 ? pattern.numbers.back() : 0;
      const auto [there, added] = to.parts.emplace(part, &tensor);
      if (!added && !same_values(*there->second, tensor)) {  // a tied matrix may be stored twice
        fail(Status::bad_file, fmt::format("{}: tensors {} and {} have the same meaning", source.path(),
                                           printable(to.parts[part]->name), printable(tensor.name)));
      }
    }
  }
  for (auto& [name, from] : found) {
    const Weight& first = *from.parts.begin()->second;
    Weight weight{.name = name,
                  .format = first.format,
                  .shape = first.shape,
                  .compact = first.compact,
                  .parts = {},
                  .sources = {}};
    std::uint64_t expected = 0;
    for (const auto& [number, tensor] : from.parts) {
      if (number != expected++ && from.parts.size() > 1) {
        fail(Status::bad_file, fmt::format("{}: {}: part {} is missing", source.path(), name, expected - 1));
      }
      if (tensor->format != first.format || tensor->shape != first.shape) {
        fail(Status::bad_file, fmt::format("{}: tensors {} and {} differ in type or shape", source.path(),
                                           printable(first.name), printable(tensor->name)));
      }
      weight.parts.insert(weight.parts.end(), tensor->parts.begin(), tensor->parts.end());
      weight.sources.insert(weight.sources.end(), tensor->sources.begin(), tensor->sources.end());
    }
    drop_ones(weight.shape);
    if (from.parts.size() > 1) weight.shape.push_back(from.parts.size());
    if (from.rename->layout && weight.format) {
      from.rename->layout->to_gguf(config, weight);
      if (weight.compact && !from.rename->layout->keeps_rows) weight.compact = &values_format(8);
    }
    out.push_back(std::move(weight));
  }
  std::ranges::sort(out, {}, &Weight::name);
  return out;
}

namespace {

/// The tensors that make one of the checkpoint's, in the order of their rows; empty if `weight` is not their first.
std::vector<Weight> shares_of(const Config& config, const Rename& row, std::string_view suffix, const Weight& weight,
                              std::span<const Weight> all, const Naming& naming, std::uint64_t layer) {
  std::vector<Weight> shares;
  for (const Rename& other : naming) {
    if (other.hugging_face != row.hugging_face) continue;
    const std::string name = numbered(other.gguf, layer) + std::string(suffix);
    if (shares.empty() && name != weight.name) return {};
    const auto found = std::ranges::find(all, name, &Weight::name);
    if (found == all.end()) fail(Status::bad_file, fmt::format("{}: tensor {} is missing", config.path(), name));
    shares.push_back(found->format->weights > 1 ? dequantised(*found) : *found);
  }
  return shares;
}

}  // namespace

std::vector<Weight> checkpoint_weights(const Config& config, const Weight& weight, std::span<const Weight> all_weights,
                                       const Naming& naming) {
  const Pattern pattern = pattern_of(weight.name, std::string::npos);
  const std::uint64_t layer = pattern.numbers.empty() ? 0 : pattern.numbers[0];
  for (auto row = naming.rbegin(); row != naming.rend(); ++row) {
    if (row->gguf.empty()) continue;
    for (const std::string_view suffix : suffixes) {
      if (pattern.text != std::string(row->gguf) + std::string(suffix)) continue;
      Weight all = weight;
      const std::string name = numbered(row->hugging_face, layer) + std::string(suffix);
      if (row->layout && row->layout->join) {
        const std::vector<Weight> shares = shares_of(config, *row, suffix, weight, all_weights, naming, layer);
        if (shares.empty()) return {};
        Weight joined = row->layout->join(config, shares);
        joined.name = name;
        return {std::move(joined)};
      }
      const bool numbered_parts = name.find("{}") != name.npos;
      const bool stacked = numbered_parts && all.shape.size() > 1;  // else there is but one part
      const std::uint64_t parts = stacked ? all.shape.back() : 1;
      if (stacked) all.split(parts);
      if (row->layout) row->layout->from_gguf(config, all);
      if (stacked) all.shape.pop_back();
      std::vector<Weight> out;
      for (std::uint64_t i = 0; i < parts; ++i) {
        Weight one{.name = numbered_parts ? numbered(name, i) : name,
                   .format = all.format,
                   .shape = all.shape,
                   .parts = {},
                   .sources = all.sources};
        if (stacked) {
          one.parts.push_back(all.parts[i]);
        } else {
          one.parts = all.parts;
        }
        out.push_back(std::move(one));
      }
      return out;
    }
  }
  fail(Status::unsupported,
       fmt::format("{}: tensor {} has no name in a checkpoint of this family", config.path(), printable(weight.name)));
}

}  // namespace ondol
