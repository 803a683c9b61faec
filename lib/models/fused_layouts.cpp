// Tensors of checkpoints that hold two of GGUF's, alone or in stacks, and the way back. A matrix is copied at a time,
// and only where it does not lie as it is read.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <memory>

#include "base/fail.hpp"
#include "models/latent_config.hpp"
#include "models/naming.hpp"

namespace ondol {
namespace {

using Whole = std::shared_ptr<const Weight>;

void check(const Config& config, const Weight& w, bool fits, std::string_view expected) {
  if (fits) return;
  fail(Status::bad_file, fmt::format("{}: tensor {} has shape [{}], expected {}", config.path(), w.name,
                                     fmt::join(w.shape, ", "), expected));
}

/// Rows that stand together in `whole`.
Weight::Part rows_of(const Whole& whole, std::uint64_t first, std::uint64_t count) {
  const std::uint64_t each = whole->rows() / whole->parts.size();
  const Weight::Part& part = whole->parts[first / each];
  if (!part.make) {
    return {.bytes = part.bytes.subspan(first % each * whole->row_bytes(), count * whole->row_bytes())};
  }
  return {.bytes = {}, .make = [=](std::byte* out) {
            whole->read_rows(first, count, [&](auto bytes) { std::memcpy(out, bytes.data(), bytes.size()); });
          }};
}

/// Rows [first, first + count) as elements of `as`, the weight's own float format or F32.
template <class Use>
void read_elements(const Weight& w, std::uint64_t first, std::uint64_t count, const Format& as, Use use) {
  w.read_rows(first, count, [&](std::span<const std::byte> bytes) {
    if (w.format == &as) return use(bytes.data());
    std::vector<float> values(count * w.columns());
    w.format->unpack(bytes.data(), values.data(), values.size() / w.format->weights);
    use(reinterpret_cast<const std::byte*>(values.data()));
  });
}

const Format& float_format(const Weight& w) { return w.format->weights == 1 ? *w.format : *find_format("F32"); }

/// out[column][row] = in[row][column].
void transpose(const std::byte* in, std::uint64_t rows, std::uint64_t columns, std::size_t size, std::byte* out) {
  for (std::uint64_t column = 0; column < columns; ++column) {
    for (std::uint64_t row = 0; row < rows; ++row, out += size) {
      std::memcpy(out, in + (row * columns + column) * size, size);
    }
  }
}

/// Where element i of n stands among those of both shares.
template <bool interleaved>
std::uint64_t place_of(bool second, std::uint64_t i, std::uint64_t n) {
  return interleaved ? 2 * i + second : second * n + i;
}

/// Biases are matrices of one column; a lone matrix is a stack of one.
struct Stack {
  Stack(const Weight& w) : vectors(w.name.ends_with(".bias")), shape(w.shape) {
    if (vectors) shape.insert(shape.begin(), 1);
    if (shape.size() == 2) shape.push_back(1);
  }
  [[nodiscard]] bool fits(const Config& config) const {
    return shape.size() == 3 && (shape[2] == 1 || shape[2] == config.count("num_experts", 65'536));
  }
  /// The shape as it is outside.
  [[nodiscard]] std::vector<std::uint64_t> plain() const {
    std::vector<std::uint64_t> out(shape.begin() + (vectors ? 1 : 0), shape.end());
    if (out.back() == 1 && out.size() > 1) out.pop_back();
    return out;
  }
  bool vectors;
  std::vector<std::uint64_t> shape;
};

template <bool interleaved, bool second>
void take_rows(const Config& config, Weight& w) {
  Stack stack(w);
  check(config, w, stack.fits(config) && stack.shape[1] % 2 == 0 && (!stack.vectors || w.format->weights == 1),
        "as many rows for gates as for the rest, of each expert");
  auto all = std::make_shared<Weight>(w);
  all->shape = stack.shape;
  const Whole whole = std::move(all);
  const std::uint64_t n = stack.shape[1] / 2;
  const std::uint64_t size = whole->row_bytes();
  w.parts.clear();
  for (std::uint64_t m = 0; m < stack.shape[2]; ++m) {
    if (!interleaved) {
      w.parts.push_back(rows_of(whole, 2 * n * m + second * n, n));
      continue;
    }
    w.parts.push_back({.bytes = {}, .make = [=](std::byte* out) {
                         whole->read_rows(2 * n * m, 2 * n, [&](std::span<const std::byte> bytes) {
                           for (std::uint64_t i = 0; i < n; ++i) {
                             std::memcpy(out + i * size, bytes.data() + (2 * i + second) * size, size);
                           }
                         });
                       }});
  }
  stack.shape[1] = n;
  w.shape = stack.plain();
}

template <bool interleaved, bool second>
void take_columns(const Config& config, Weight& w) {
  if (w.format->weights > 1) return take_rows<interleaved, second>(config, w);  // quantised stacks lie as they are read
  const Stack stack(w);
  check(config, w, stack.fits(config) && stack.shape[0] % 2 == 0 && w.format->weights == 1,
        "as many columns for gates as for the rest, of each expert and of a float type");
  const Whole whole = std::make_shared<Weight>(w);
  const std::uint64_t n = stack.shape[0] / 2;
  const std::uint64_t rows = stack.shape[1];
  const std::size_t size = w.format->bytes;
  w.parts.clear();
  for (std::uint64_t m = 0; m < stack.shape[2]; ++m) {
    w.parts.push_back({.bytes = {}, .make = [=](std::byte* out) {
                         whole->read_rows(rows * m, rows, [&](std::span<const std::byte> bytes) {
                           for (std::uint64_t i = 0; i < n; ++i) {
                             const std::byte* in = bytes.data() + place_of<interleaved>(second, i, n) * size;
                             for (std::uint64_t row = 0; row < rows; ++row, out += size) {
                               std::memcpy(out, in + row * 2 * n * size, size);
                             }
                           }
                         });
                       }});
  }
  w.shape = {rows, n};
  if (stack.shape[2] > 1) w.shape.push_back(stack.shape[2]);
}

std::shared_ptr<const std::vector<Weight>> both(const Config& config, std::span<const Weight> shares) {
  const bool alike = shares.size() == 2 && shares[0].shape == shares[1].shape && shares[0].format == shares[1].format;
  if (!alike) check(config, shares[0], false, "two tensors of the same shape and type, for they become one");
  return std::make_shared<const std::vector<Weight>>(shares.begin(), shares.end());
}

Weight joined(std::span<const Weight> shares, const Format& format, std::vector<std::uint64_t> shape) {
  Weight out{.name = {}, .format = &format, .shape = std::move(shape), .parts = {}, .sources = {}};
  for (const Weight& share : shares) out.sources.insert(out.sources.end(), share.sources.begin(), share.sources.end());
  return out;
}

template <bool interleaved>
Weight join_rows(const Config& config, std::span<const Weight> shares) {
  Stack stack(shares[0]);
  const auto two = both(config, shares);
  const std::uint64_t n = stack.shape[1];
  const std::uint64_t size = stack.shape[0] / shares[0].format->weights * shares[0].format->bytes;
  const bool vectors = stack.vectors;
  stack.shape[1] = 2 * n;
  Weight out = joined(shares, *shares[0].format, stack.plain());
  for (std::uint64_t m = 0; m < stack.shape[2]; ++m) {
    out.parts.push_back({.bytes = {}, .make = [=](std::byte* to) {
                           for (const bool second : {false, true}) {
                             const auto put = [&](std::span<const std::byte> bytes) {
                               for (std::uint64_t i = 0; i < n; ++i) {
                                 std::memcpy(to + place_of<interleaved>(second, i, n) * size, bytes.data() + i * size,
                                             size);
                               }
                             };
                             vectors ? (*two)[second].read_rows(m, 1, put) : (*two)[second].read_rows(n * m, n, put);
                           }
                         }});
  }
  return out;
}

template <bool interleaved>
Weight join_columns(const Config& config, std::span<const Weight> shares) {
  const Stack stack(shares[0]);
  const auto two = both(config, shares);
  const Format& format = float_format(shares[0]);
  const std::uint64_t columns = stack.shape[0];
  const std::uint64_t n = stack.shape[1];
  std::vector<std::uint64_t> shape{2 * n, columns};
  if (stack.shape[2] > 1) shape.push_back(stack.shape[2]);
  Weight out = joined(shares, format, std::move(shape));
  for (std::uint64_t m = 0; m < stack.shape[2]; ++m) {
    out.parts.push_back({.bytes = {}, .make = [=, &format](std::byte* to) {
                           const std::size_t size = format.bytes;
                           for (const bool second : {false, true}) {
                             read_elements((*two)[second], n * m, n, format, [&](const std::byte* in) {
                               for (std::uint64_t i = 0; i < n; ++i) {
                                 const std::uint64_t at = place_of<interleaved>(second, i, n);
                                 for (std::uint64_t k = 0; k < columns; ++k, in += size) {
                                   std::memcpy(to + (k * 2 * n + at) * size, in, size);
                                 }
                               }
                             });
                           }
                         }});
  }
  return out;
}

template <bool values>
void take_latent(const Config& config, Weight& w) {
  const LatentAttention::Shape s = latent_of(config);
  const std::uint64_t head = s.plain_dim + s.value_dim;
  check(config, w, w.shape.size() == 2 && w.shape[0] == s.latent_dim && w.shape[1] == s.heads * head,
        fmt::format("{} heads with {} rows for keys and {} for values, of {}", s.heads, s.plain_dim, s.value_dim,
                    s.latent_dim));
  const Whole whole = std::make_shared<Weight>(w);
  w.parts.clear();
  const Format& format = values ? *w.format : float_format(w);
  for (std::uint64_t h = 0; h < s.heads; ++h) {
    if (values) {
      w.parts.push_back(rows_of(whole, h * head + s.plain_dim, s.value_dim));
    } else {
      w.parts.push_back({.bytes = {}, .make = [=, &format](std::byte* out) {
                           read_elements(*whole, h * head, s.plain_dim, format, [&](const std::byte* in) {
                             transpose(in, s.plain_dim, s.latent_dim, format.bytes, out);
                           });
                         }});
    }
  }
  w.format = &format;
  w.shape = values ? std::vector<std::uint64_t>{s.latent_dim, s.value_dim, s.heads}
                   : std::vector<std::uint64_t>{s.plain_dim, s.latent_dim, s.heads};
}

Weight join_latent(const Config& config, std::span<const Weight> shares) {
  const LatentAttention::Shape s = latent_of(config);
  const bool fits = shares.size() == 2 && shares[0].columns() == s.plain_dim &&
                    shares[0].rows() == s.heads * s.latent_dim && shares[1].columns() == s.latent_dim &&
                    shares[1].rows() == s.heads * s.value_dim;
  check(config, shares[0], fits, "what makes keys and values of latents");
  const auto two = std::make_shared<const std::vector<Weight>>(shares.begin(), shares.end());
  const bool alike = shares[0].format == shares[1].format && shares[0].format->weights == 1;
  const Format& format = alike ? *shares[0].format : *find_format("F32");
  Weight out = joined(shares, format, {s.latent_dim, s.heads * (s.plain_dim + s.value_dim)});
  for (std::uint64_t h = 0; h < s.heads; ++h) {
    out.parts.push_back({.bytes = {}, .make = [=, &format](std::byte* to) {
                           const std::size_t size = format.bytes;
                           read_elements((*two)[0], h * s.latent_dim, s.latent_dim, format, [&](const std::byte* in) {
                             transpose(in, s.latent_dim, s.plain_dim, size, to);
                           });
                           to += s.plain_dim * s.latent_dim * size;
                           read_elements((*two)[1], h * s.value_dim, s.value_dim, format, [&](const std::byte* in) {
                             std::memcpy(to, in, s.value_dim * s.latent_dim * size);
                           });
                         }});
  }
  return out;
}

}  // namespace

namespace layouts {

constinit const Layout first_half{take_rows<false, false>, nullptr, join_rows<false>, true};
constinit const Layout second_half{take_rows<false, true>, nullptr, join_rows<false>, true};
constinit const Layout even_values{take_rows<true, false>, nullptr, join_rows<true>};
constinit const Layout odd_values{take_rows<true, true>, nullptr, join_rows<true>};
constinit const Layout first_half_transposed{take_columns<false, false>, nullptr, join_columns<false>};
constinit const Layout second_half_transposed{take_columns<false, true>, nullptr, join_columns<false>};
constinit const Layout even_transposed{take_columns<true, false>, nullptr, join_columns<true>};
constinit const Layout odd_transposed{take_columns<true, true>, nullptr, join_columns<true>};
constinit const Layout latent_keys{take_latent<false>, nullptr, join_latent};
constinit const Layout latent_values{take_latent<true>, nullptr, join_latent};

}  // namespace layouts
}  // namespace ondol
