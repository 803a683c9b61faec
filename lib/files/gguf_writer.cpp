#include "files/gguf_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/fail.hpp"
#include "files/gguf_value.hpp"
#include "files/replacing_file.hpp"

namespace ondol {
namespace {

constexpr std::uint64_t alignment = 32;

class Out {
 public:
  explicit Out(ReplacingFile& file) : file_(file) {}

  template <class T>
  void number(T value) {
    file_.put(std::as_bytes(std::span(&value, 1)));
  }
  void text(std::string_view value) {
    number(std::uint64_t{value.size()});
    file_.put(value);
  }
  void raw(std::span<const std::byte> bytes) { file_.put(bytes); }
  void type(gguf::Type type) { number(static_cast<std::uint32_t>(type)); }

  void value(bool x) { number(static_cast<std::uint8_t>(x)); }
  void value(const std::string& x) { text(x); }
  template <class T>
  void value(T x) {
    number(x);
  }

 private:
  ReplacingFile& file_;
};

template <class T>
constexpr gguf::Type type_of() {
  using gguf::Type;
  if constexpr (std::is_same_v<T, bool>) return Type::boolean;
  if constexpr (std::is_same_v<T, std::uint8_t>) return Type::u8;
  if constexpr (std::is_same_v<T, std::uint32_t>) return Type::u32;
  if constexpr (std::is_same_v<T, std::int32_t>) return Type::i32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return Type::u64;
  if constexpr (std::is_same_v<T, float>) return Type::f32;
  return Type::text;
}

template <class T>
void write_value(Out& out, const T& value) {
  out.type(type_of<T>());
  out.value(value);
}
void write_value(Out& out, const std::vector<std::byte>& encoded) { out.raw(encoded); }
template <class T>
void write_value(Out& out, const std::vector<T>& values) {
  out.type(gguf::Type::array);
  out.type(type_of<T>());
  out.number(std::uint64_t{values.size()});
  for (const auto& value : values) out.value(static_cast<const T&>(value));
}

}  // namespace

std::uint64_t GgufWriter::Tensor::bytes() const {
  const std::uint64_t elements = std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
  return elements / format->weights * format->bytes;
}

void GgufWriter::add(std::string key, Value value) {
  const auto old = std::ranges::find(keys_, key, &std::pair<std::string, Value>::first);
  if (old != keys_.end()) {
    old->second = std::move(value);
  } else {
    keys_.emplace_back(std::move(key), std::move(value));
  }
}

bool GgufWriter::has(std::string_view key) const noexcept {
  return std::ranges::find(keys_, key, &std::pair<std::string, Value>::first) != keys_.end();
}

void GgufWriter::tensor(std::string name, const Format& format, std::vector<std::uint64_t> shape,
                        std::function<void(const Put&)> write) {
  tensors_.push_back({std::move(name), &format, std::move(shape), std::move(write)});
}

void GgufWriter::write(const std::string& path) const {
  ReplacingFile file(path);
  Out out(file);
  file.put("GGUF");
  out.number(std::uint32_t{3});
  out.number(std::uint64_t{tensors_.size()});
  out.number(std::uint64_t{keys_.size()});
  for (const auto& [key, value] : keys_) {
    out.text(key);
    std::visit([&](const auto& v) { write_value(out, v); }, value);
  }
  std::uint64_t offset = 0;
  for (const Tensor& tensor : tensors_) {
    out.text(tensor.name);
    out.number(static_cast<std::uint32_t>(tensor.shape.size()));
    for (const std::uint64_t n : tensor.shape) out.number(n);
    out.number(tensor.format->gguf_id);
    out.number(offset);
    offset += (tensor.bytes() + alignment - 1) / alignment * alignment;
  }
  file.pad(alignment);
  for (const Tensor& tensor : tensors_) {
    const std::uint64_t begin = file.size();
    tensor.write([&](std::span<const std::byte> bytes) { file.put(bytes); });
    if (file.size() - begin != tensor.bytes()) {
      fail(Status::io, fmt::format("{}: tensor {} is {} bytes, expected {}", path, tensor.name, file.size() - begin,
                                   tensor.bytes()));
    }
    file.pad(alignment);
  }
  file.finish();
}

}  // namespace ondol
