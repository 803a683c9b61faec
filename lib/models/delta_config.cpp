// What config.json says of gated delta nets, and how checkpoints lay out the product that makes queries, keys, values
// and gates: rows [key_heads][q, k, v of its value heads, gates of its value heads].
#include "models/delta_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <memory>

#include "base/fail.hpp"
#include "models/naming.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {

GatedDelta::Shape delta_of(const Config& c) {
  constexpr std::size_t most = 65'536;
  GatedDelta::Shape s{.key_heads = c.count("ssm_group_count", most),
                      .value_heads = c.count("ssm_time_step_rank", most),
                      .key_dim = c.count("ssm_state_size", most),
                      .kernel = kernel_of(c)};
  const bool stated = c.has("linear_value_head_dim");
  s.value_dim = stated ? c.count("linear_value_head_dim", most) : c.count("ssm_inner_size") / s.value_heads;
  if (s.value_heads % s.key_heads != 0) c.refuse("ssm_time_step_rank", "a multiple of the number of key heads");
  if (s.value_dim == 0) c.refuse("ssm_inner_size", "as many values as there are heads, or more");
  return s;
}

namespace {

/// Where a row of q, k and v, or of the gates, stands in the checkpoint.
std::uint64_t row_in_checkpoint(const GatedDelta::Shape& s, bool gate, std::uint64_t row) {
  const std::uint64_t values = s.values() / s.key_heads;  // of a key head
  const std::uint64_t stride = 2 * s.key_dim + 2 * values;
  if (gate) return row / values * stride + 2 * s.key_dim + values + row % values;
  if (row < 2 * s.keys()) {
    const bool key = row >= s.keys();
    row -= key ? s.keys() : 0;
    return row / s.key_dim * stride + (key ? s.key_dim : 0) + row % s.key_dim;
  }
  row -= 2 * s.keys();
  return row / values * stride + 2 * s.key_dim + row % values;
}

void check(const Config& config, const Weight& w, std::uint64_t rows) {
  if (w.shape.size() == 2 && w.shape[1] == rows && w.parts.size() == 1) return;
  fail(Status::bad_file,
       fmt::format("{}: tensor {} has shape [{}], expected {} rows for queries, keys, values and gates", config.path(),
                   w.name, fmt::join(w.shape, ", "), rows));
}

template <bool gate>
void take(const Config& config, Weight& w) {
  const GatedDelta::Shape s = delta_of(config);
  check(config, w, s.channels() + s.values());
  const std::uint64_t count = gate ? s.values() : s.channels();
  w.parts = {{.bytes = {}, .make = [whole = w, s, count](std::byte* out) {
                whole.read_rows(0, whole.rows(), [&](std::span<const std::byte> bytes) {
                  const std::uint64_t size = whole.row_bytes();
                  for (std::uint64_t row = 0; row < count; ++row, out += size) {
                    std::memcpy(out, bytes.data() + row_in_checkpoint(s, gate, row) * size, size);
                  }
                });
              }}};
  w.shape[1] = count;
}

Weight join(const Config& config, std::span<const Weight> shares) {
  const GatedDelta::Shape s = delta_of(config);
  check(config, shares[0], s.channels());
  check(config, shares[1], s.values());
  auto both = std::make_shared<std::vector<Weight>>(shares.begin(), shares.end());
  if (shares[0].format != shares[1].format) {
    for (Weight& share : *both) share = dequantised(share);
  }
  const Weight& first = both->front();
  Weight out{.name = {},
             .format = first.format,
             .shape = {first.columns(), s.channels() + s.values()},
             .parts = {},
             .sources = first.sources};
  out.sources.insert(out.sources.end(), shares[1].sources.begin(), shares[1].sources.end());
  out.parts = {{.bytes = {}, .make = [both, s](std::byte* to) {
                  for (const bool gate : {false, true}) {
                    const Weight& from = (*both)[gate];
                    const std::uint64_t size = from.row_bytes();
                    from.read_rows(0, from.rows(), [&](std::span<const std::byte> bytes) {
                      for (std::uint64_t row = 0; row < from.rows(); ++row) {
                        std::memcpy(to + row_in_checkpoint(s, gate, row) * size, bytes.data() + row * size, size);
                      }
                    });
                  }
                }}};
  return out;
}

}  // namespace

namespace layouts {

constinit const Layout delta_inputs{take<false>, nullptr, join};
constinit const Layout delta_gate{take<true>, nullptr, join};

}  // namespace layouts
}  // namespace ondol
