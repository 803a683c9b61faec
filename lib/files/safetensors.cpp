#include "files/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <set>

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "files/printable.hpp"
#include "files/python_json.hpp"

namespace ondol {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_header = 100u << 20;  // as the reference implementation
constexpr std::uint64_t most_config = 16u << 20;
constexpr std::size_t most_config_values = 1u << 18;
constexpr std::size_t most_entry_values = 1u << 16;  // of the metadata; tensors have less than 20
constexpr std::size_t most_parts = 65'536;           // as many files as a process may map
constexpr std::size_t most_dimensions = 8;

std::uint64_t bytes_of(std::string_view type) {
  static constexpr std::pair<std::string_view, std::uint64_t> sizes[] = {
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},     {"U64", 8},     {"I32", 4},     {"U32", 4},
      {"I16", 2}, {"U16", 2}, {"I8", 1},  {"U8", 1},   {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1}, {"BOOL", 1}};
  const auto* found = std::ranges::find(sizes, type, &std::pair<std::string_view, std::uint64_t>::first);
  return found == std::end(sizes) ? 0 : found->second;
}

[[noreturn]] void refuse(const MappedFile& file, std::string_view what) {
  fail(Status::bad_file, fmt::format("{}: {}", file.path(), what));
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() < 256 && name.find_first_of(std::string_view("/\\\0", 3)) == name.npos &&
         name != "." && name != "..";
}

void check_size(const MappedFile& file, std::uint64_t most) {
  const std::uint64_t size = file.bytes().size();
  if (size > most) refuse(file, fmt::format("{} bytes, expected at most {}", size, most));
}

/// What read() returns, which reads JSON.
template <class Read>
auto reading(Read&& read) {
  try {
    return read();
  } catch (const Error& e) {
    if (e.code() != Status::invalid_argument) throw;
    fail(Status::bad_file, e.what(), e.offset());
  }
}

Json read_config(const std::string& path) {
  const auto file = MappedFile::open(path);
  check_size(*file, most_config);
  Json json = reading([&] { return Json::parse(plain_json(file->text()), file->path(), most_config_values); });
  if (!json.is_object()) refuse(*file, "expected a JSON object");
  return json;
}

class Folder final : public WeightSource {
 public:
  explicit Folder(std::string_view path) {
    path_ = path;
    const fs::path folder(path_);
    config_ = read_config((folder / "config.json").string());
    std::error_code ignored;
    const fs::path index = folder / "model.safetensors.index.json";
    const fs::path whole = folder / "model.safetensors";
    if (fs::exists(whole, ignored)) {
      add_file(whole);
      sort_tensors();
    } else if (fs::exists(index, ignored)) {
      add_parts(folder, index);
    } else if (has_pickle(folder)) {
      fail(Status::unsupported,
           fmt::format("{}: the weights are pickled (.bin, .pt or .pth): such a file runs code when it is read, so it "
                       "is never opened; save them as safetensors",
                       path_));
    }
  }

  const Json* config() const noexcept override { return &config_; }

  std::vector<Entry> entries() const override {
    std::vector<Entry> out;
    for (const auto& [key, value] : config_.members()) {
      out.push_back({key, kind_name(value.kind()),
                     value.is_string() ? printable(*value.as_string(), 200) : printable_json(value)});
    }
    return out;
  }

 private:
  static bool has_pickle(const fs::path& folder) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const std::string extension = entry.path().extension().string();
      if (extension == ".bin" || extension == ".pt" || extension == ".pth") return true;
    }
    return false;
  }

  void sort_tensors() {
    std::ranges::sort(tensors_, {}, &TensorView::name);
    const auto twice = std::ranges::adjacent_find(tensors_, {}, &TensorView::name);
    if (twice != tensors_.end()) {
      fail(Status::bad_file, fmt::format("{}: tensor '{}' is there twice", path_, printable(twice->name)));
    }
  }

  void add_parts(const fs::path& folder, const fs::path& index_path) {
    const auto index = MappedFile::open(index_path.string());
    check_size(*index, most_header);
    std::set<std::string> parts;
    each_listed(*index, [&](const std::string&, const std::string& part) {
      if (parts.insert(part).second && parts.size() > most_parts)
        refuse(*index, fmt::format("more than {} files", most_parts));
    });
    for (const std::string& part : parts) add_file(folder / part);
    sort_tensors();
    each_listed(*index, [&](const std::string& name, const std::string& part) {
      const TensorView* tensor = find(name);
      const std::string expected = (folder / part).string();
      if (tensor ? files_[tensor->file]->path() == expected : empty_.contains(name)) return;
      refuse(*index, fmt::format("tensor '{}' should be in {}, but is {}", printable(name), printable(part),
                                 tensor ? "in " + files_[tensor->file]->path() : "not there"));
    });
  }

  /// Calls use(tensor, file) for each line of weight_map.
  static void each_listed(const MappedFile& index,
                          const std::function<void(const std::string&, const std::string&)>& use) {
    const auto take = [&](const std::string& name, const Json& part) {
      const std::string* file = part.as_string();
      if (!file || !is_plain_name(*file)) {
        refuse(index, fmt::format("weight_map['{}'] is {}, expected a file's name in the same folder", printable(name),
                                  printable_json(part)));
      }
      use(name, *file);
    };
    const bool found =
        reading([&] { return Json::each_member(index.text(), index.path(), "weight_map", most_entry_values, take); });
    if (!found) refuse(index, "weight_map is missing or no object");
  }

  void add_file(const fs::path& path) {
    const auto mapped = MappedFile::open(path.string());
    const std::span<const std::byte> bytes = mapped->bytes();
    std::uint64_t header = 0;
    if (bytes.size() < 8) refuse(*mapped, fmt::format("{} bytes, expected a header of at least 8", bytes.size()));
    std::memcpy(&header, bytes.data(), 8);
    if (header > most_header || header > bytes.size() - 8) {
      refuse(*mapped, fmt::format("a header of {} bytes, expected at most {}", header,
                                  std::min<std::uint64_t>(most_header, bytes.size() - 8)));
    }
    const std::span<const std::byte> data = bytes.subspan(8 + header);
    const std::size_t first = tensors_.size();
    const auto take = [&](const std::string& name, const Json& entry) {
      if (name != "__metadata__") add_tensor(*mapped, name, entry, data);
    };
    const bool object = reading([&] {
      return Json::each_member(mapped->text().substr(8, header), mapped->path(), "", most_entry_values, take);
    });
    if (!object) refuse(*mapped, "expected a JSON object");
    check_overlaps(*mapped, std::span(tensors_).subspan(first));
    files_.push_back(mapped);
  }

  void add_tensor(const MappedFile& file, const std::string& name, const Json& entry, std::span<const std::byte> data) {
    const auto refuse_tensor = [&](const std::string& what) {
      refuse(file, fmt::format("tensor '{}': {}", printable(name), what));
    };
    const Json* type = entry.find("dtype");
    const Json* shape = entry.find("shape");
    const Json* offsets = entry.find("data_offsets");
    if (!type || !type->is_string() || !shape || !shape->is_array() || !offsets || !offsets->is_array() ||
        offsets->size() != 2) {
      refuse_tensor("expected dtype, shape and two data_offsets, found " + printable_json(entry));
    }
    TensorView tensor{.name = name,
                      .format = find_format(std::string_view(*type->as_string())),
                      .shape = {},
                      .bytes = {},
                      .file = files_.size(),
                      .type = *type->as_string()};
    const std::uint64_t width = bytes_of(tensor.type);
    if (width == 0) refuse_tensor(fmt::format("dtype is '{}', which is not known", printable(tensor.type)));
    std::optional<std::uint64_t> size = width;
    if (shape->size() > most_dimensions) refuse_tensor(fmt::format("has {} dimensions", shape->size()));
    for (const Json& n : shape->items()) {
      const auto dimension = n.as_uint64();
      if (!dimension) refuse_tensor(fmt::format("shape is {}", printable_json(*shape)));
      size = size ? checked_multiply(*size, *dimension) : size;
      tensor.shape.push_back(*dimension);
    }
    std::ranges::reverse(tensor.shape);
    if (tensor.shape.empty()) tensor.shape.push_back(1);
    const auto begin = offsets->at(std::size_t{0}).as_uint64();
    const auto end = offsets->at(std::size_t{1}).as_uint64();
    if (!size || !begin || !end || *begin > *end || *end > data.size() || *end - *begin != *size) {
      refuse_tensor(fmt::format("data_offsets {} for shape {} of {} in {} bytes of data", printable_json(*offsets),
                                printable_json(*shape), tensor.type, data.size()));
    }
    if (*size == 0) {
      empty_.insert(name);
      return;
    }
    tensor.bytes = data.subspan(*begin, *size);
    tensors_.push_back(std::move(tensor));
  }

  static void check_overlaps(const MappedFile& file, std::span<const TensorView> tensors) {
    std::vector<std::span<const std::byte>> ranges;
    for (const TensorView& tensor : tensors) ranges.push_back(tensor.bytes);
    std::ranges::sort(ranges, {}, [](const auto& range) { return range.data(); });
    const auto overlap =
        std::ranges::adjacent_find(ranges, [](const auto& a, const auto& b) { return b.data() < a.data() + a.size(); });
    if (overlap == ranges.end()) return;
    refuse(file,
           fmt::format("the data at byte {} belong to two tensors", std::next(overlap)->data() - file.bytes().data()));
  }

  Json config_;
  std::set<std::string> empty_;  // tensors without elements
};

}  // namespace

std::shared_ptr<const WeightSource> open_folder(std::string_view path) { return std::make_shared<Folder>(path); }

}  // namespace ondol
