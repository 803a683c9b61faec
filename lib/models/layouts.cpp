// How checkpoints lay tensors out where GGUF files have them otherwise.
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "base/fail.hpp"
#include "models/naming.hpp"
#include "models/rope_config.hpp"

namespace ondol {
namespace {

/// Where the row that shall stand at `row` is now.
using RowOrder = std::function<std::uint64_t(std::uint64_t row)>;

/// A vector is rows of one value: biases are laid out like the rows they belong to.
std::uint64_t bytes_of_a_row(const Weight& w) {
  return w.shape.size() == 1 ? w.format->bytes / w.format->weights : w.row_bytes();
}
std::uint64_t rows_of(const Weight& w) { return w.shape.size() == 1 ? w.shape[0] : w.rows() / w.parts.size(); }

void check(const Config& config, const Weight& w, bool fits, std::string_view expected) {
  if (fits) return;
  std::string shape;
  for (const std::uint64_t n : w.shape) shape = fmt::format("{}{}{}", n, shape.empty() ? "" : ", ", shape);
  fail(Status::bad_file, fmt::format("{}: tensor {} has shape [{}], expected {}", config.path(), w.name, shape, expected));
}

/// Calls use(bytes) with those of a part.
template <class Use>
void read(const Weight::Part& part, std::uint64_t bytes, Use&& use) {
  if (!part.make) return use(part.bytes.data());
  std::vector<std::byte> made(bytes);
  part.make(made.data());
  use(made.data());
}

void order_rows(Weight& w, const RowOrder& order) {
  const std::uint64_t rows = rows_of(w);
  const std::uint64_t size = bytes_of_a_row(w);
  for (Weight::Part& part : w.parts) {
    part.make = [from = part, rows, size, order](std::byte* out) {
      read(from, rows * size, [&](const std::byte* in) {
        for (std::uint64_t i = 0; i < rows; ++i) std::memcpy(out + i * size, in + order(i) * size, size);
      });
    };
  }
}

/// Row order of rotated heads: 2i and 2i + 1 of the result are i and i + d/2.
template <bool keys, bool back>
void rotate(const Config& config, Weight& w) {
  const std::size_t heads = config.count("num_attention_heads", 65'536);
  const std::size_t own = keys ? config.count_or("num_key_value_heads", heads, 65'536) : heads;
  const std::uint64_t rows = rows_of(w);
  check(config, w, rows % (2 * own) == 0, fmt::format("rows of {} heads", own));
  const std::uint64_t dim = rows / own;
  const std::uint64_t half = rope_of(config, dim).dimensions / 2;
  order_rows(w, [dim, half](std::uint64_t row) {
    const std::uint64_t start = row / dim * dim;
    const std::uint64_t i = row % dim;
    if (i >= 2 * half) return row;  // not rotated
    return start + (back ? i % half * 2 + i / half : i % 2 * half + i / 2);
  });
}

template <bool back>
void order_heads_of_three(const Config& config, Weight& w) {
  const std::uint64_t heads = config.count("num_attention_heads", 65'536);
  const std::uint64_t rows = rows_of(w);
  check(config, w, rows % (3 * heads) == 0, fmt::format("rows of q, k and v of {} heads", heads));
  const std::uint64_t dim = rows / heads / 3;
  order_rows(w, [dim, heads](std::uint64_t row) {
    const std::uint64_t block = row / dim;
    const std::uint64_t from = back ? block % 3 * heads + block / 3 : block % heads * 3 + block / heads;
    return from * dim + row % dim;
  });
}

template <bool back>
void order_kv_groups(const Config& config, Weight& w) {
  const std::uint64_t heads = config.count("num_attention_heads", 65'536);
  const std::uint64_t groups = config.count_or("num_key_value_heads", heads, 65'536);
  const std::uint64_t rows = rows_of(w);
  check(config, w, heads % groups == 0 && rows % (heads + 2 * groups) == 0,
        fmt::format("rows of {} heads and {} for keys and values", heads, groups));
  const std::uint64_t dim = rows / (heads + 2 * groups);
  const std::uint64_t queries = heads / groups;
  order_rows(w, [=](std::uint64_t row) {
    const std::uint64_t block = row / dim;
    std::uint64_t from = 0;
    if (back) {
      const std::uint64_t group = block / (queries + 2);
      const std::uint64_t i = block % (queries + 2);
      from = i < queries ? group * queries + i : heads + (i - queries) * groups + group;
    } else if (block < heads) {
      from = block / queries * (queries + 2) + block % queries;
    } else {
      from = (block - heads) % groups * (queries + 2) + queries + (block - heads) / groups;
    }
    return from * dim + row % dim;
  });
}

void transpose(const Config& config, Weight& w) {
  if (w.shape.size() == 1) return;  // a bias
  if (w.shape.size() == 3) {
    if (w.format->weights > 1) return;  // quantised stacks are written as they are read
    check(config, w, w.shape[2] <= 65'536, "no more than 65536 matrices");
    w.split(w.shape[2]);
  }
  check(config, w, w.format->weights == 1, "a float type, for it has to be transposed");
  const std::uint64_t columns = w.shape[0];
  const std::uint64_t rows = w.shape[1];
  const std::uint64_t size = w.format->bytes;
  const std::uint64_t matrices = w.elements() / (columns * rows) / w.parts.size();
  std::swap(w.shape[0], w.shape[1]);
  for (Weight::Part& part : w.parts) {
    part.make = [from = part, matrices, rows, columns, size](std::byte* out) {
      read(from, matrices * rows * columns * size, [&](const std::byte* in) {
        for (std::uint64_t i = 0; i < matrices * columns; ++i) {
          const std::byte* column = in + (i / columns * rows * columns + i % columns) * size;
          for (std::uint64_t row = 0; row < rows; ++row, out += size) {
            std::memcpy(out, column + row * columns * size, size);
          }
        }
      });
    };
  }
}

void add_one(const Config&, Weight& w) {
  if (w.name.ends_with(".bias")) return;
  change_values(w, [](float x) { return x + 1; });
}
void subtract_one(const Config&, Weight& w) {
  if (w.name.ends_with(".bias")) return;
  change_values(w, [](float x) { return x - 1; });
}

void exponentiate(const Config&, Weight& w) {
  change_values(w, [](float x) { return static_cast<float>(-std::exp(static_cast<double>(x))); });
}
void take_logarithm(const Config&, Weight& w) {
  change_values(w, [](float x) { return static_cast<float>(std::log(-static_cast<double>(x))); });
}

/// Shapes that differ by dimensions of 1, which are dropped where weights are read.
void to_column(const Config&, Weight& w) { w.shape = {1, w.elements()}; }
void to_row(const Config&, Weight& w) { w.shape = {w.elements()}; }
void to_cube(const Config&, Weight& w) { w.shape = {w.elements(), 1, 1}; }
void to_matrix(const Config&, Weight& w) { w.shape = {w.elements(), 1}; }
void to_matrix_again(const Config&, Weight& w) {
  if (w.shape.size() == 1 && !w.name.ends_with(".bias")) w.shape = {w.elements(), 1};
}
void leave(const Config&, Weight&) {}
void to_rates(const Config& config, Weight& w) {
  exponentiate(config, w);
  to_column(config, w);
}
void from_rates(const Config& config, Weight& w) {
  take_logarithm(config, w);
  to_row(config, w);
}
void to_depthwise(const Config&, Weight& w) {
  if (w.shape.size() == 2) w.shape = {w.shape[0], 1, w.shape[1]};
}
void group(const Config& config, Weight& w) {
  const std::uint64_t groups = config.count_or("ssm_group_count", 1, 65'536);
  check(config, w, w.elements() % groups == 0, fmt::format("values of {} groups", groups));
  w.shape = {w.elements() / groups, groups};
}

/// Positions of RoBERTa and its kin: that of the first token is pad_token_id + 1.
std::uint64_t rows_behind_padding(const Config& config) {
  const Json* id = config.find("pad_token_id");
  const auto n = id ? id->as_uint64() : std::optional<std::uint64_t>(1);
  if (!n || *n > 1u << 24) config.refuse("pad_token_id", "a token");
  return *n + 1;
}

void cut_rows(const Config& config, Weight& w) {
  const std::uint64_t cut = rows_behind_padding(config);
  check(config, w, w.shape.size() == 2 && w.parts.size() == 1 && w.shape[1] > cut, fmt::format("more than {} rows", cut));
  w.parts[0].bytes = w.parts[0].bytes.subspan(cut * w.row_bytes());
  w.shape[1] -= cut;
}

void add_rows(const Config& config, Weight& w) {
  const std::uint64_t more = rows_behind_padding(config);
  check(config, w, w.shape.size() == 2 && w.parts.size() == 1, "a matrix");
  const std::uint64_t skip = more * w.row_bytes();
  const std::uint64_t size = w.rows() * w.row_bytes();
  w.parts[0].make = [from = w.parts[0], skip, size](std::byte* out) {
    std::memset(out, 0, skip);
    if (from.make) return from.make(out + skip);
    std::memcpy(out + skip, from.bytes.data(), size);
  };
  w.shape[1] += more;
}

}  // namespace

void change_values(Weight& w, const std::function<float(float)>& f) {
  const std::uint64_t count = w.elements() / w.parts.size();
  for (Weight::Part& part : w.parts) {
    part.make = [from = part, format = w.format, count, f](std::byte* out) {
      auto* values = reinterpret_cast<float*>(out);
      read(from, count / format->weights * format->bytes,
           [&](const std::byte* in) { format->unpack(in, values, count / format->weights); });
      for (std::uint64_t i = 0; i < count; ++i) values[i] = f(values[i]);
    };
  }
  w.format = find_format("F32");
}

namespace layouts {

constinit const Layout rotated_queries{rotate<false, false>, rotate<false, true>, nullptr, true};
constinit const Layout rotated_keys{rotate<true, false>, rotate<true, true>, nullptr, true};
constinit const Layout heads_of_three{order_heads_of_three<false>, order_heads_of_three<true>, nullptr, true};
constinit const Layout kv_groups{order_kv_groups<false>, order_kv_groups<true>, nullptr, true};
constinit const Layout transposed{transpose, transpose};
constinit const Layout plus_one{add_one, subtract_one};
constinit const Layout behind_padding{cut_rows, add_rows};
constinit const Layout minus_exp{exponentiate, take_logarithm};
constinit const Layout depthwise{leave, to_depthwise};
constinit const Layout per_head{to_column, to_row};
constinit const Layout per_head_rates{to_rates, from_rates};
constinit const Layout norm_groups{group, to_row};
constinit const Layout per_channel{leave, to_cube};
constinit const Layout one_row{leave, to_matrix};
constinit const Layout matrix{leave, to_matrix_again, nullptr, true};

}  // namespace layouts
}  // namespace ondol
