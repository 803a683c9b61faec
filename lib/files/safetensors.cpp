#include "files/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "files/printable.hpp"

namespace ondol {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_header = 100u << 20;  // as the reference implementation
constexpr std::size_t most_dimensions = 8;

std::uint64_t bytes_of(std::string_view type) {
  static constexpr std::pair<std::string_view, std::uint64_t> sizes[] = {
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},     {"U64", 8},     {"I32", 4},    {"U32", 4},
      {"I16", 2}, {"U16", 2}, {"I8", 1},  {"U8", 1},   {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1}, {"BOOL", 1}};
  const auto* found = std::ranges::find(sizes, type, &std::pair<std::string_view, std::uint64_t>::first);
  return found == std::end(sizes) ? 0 : found->second;
}

Json parse_json(const MappedFile& file, std::string_view text) {
  try {
    Json json = Json::parse(text, file.path());
    if (json.is_object()) return json;
  } catch (const Error& e) {
    fail(Status::bad_file, e.what(), e.offset());
  }
  fail(Status::bad_file, fmt::format("{}: expected a JSON object", file.path()));
}

class Folder final : public WeightSource {
 public:
  explicit Folder(std::string_view path) {
    path_ = path;
    const fs::path folder(path_);
    const auto config = MappedFile::open((folder / "config.json").string());
    config_ = parse_json(*config, config->text());
    std::error_code ignored;
    const fs::path index = folder / "model.safetensors.index.json";
    const fs::path whole = folder / "model.safetensors";
    if (fs::exists(whole, ignored)) {
      add_file(whole);
    } else if (fs::exists(index, ignored)) {
      add_parts(folder, index);
    } else if (has_pickle(folder)) {
      fail(Status::unsupported,
           fmt::format("{}: the weights are pickled (.bin, .pt or .pth): such a file runs code when it is read, so it "
                       "is never opened; save them as safetensors",
                       path_));
    }
    std::ranges::sort(tensors_, {}, &TensorView::name);
    const auto twice = std::ranges::adjacent_find(tensors_, {}, &TensorView::name);
    if (twice != tensors_.end()) {
      fail(Status::bad_file, fmt::format("{}: tensor '{}' is there twice", path_, printable(twice->name)));
    }
  }

  const Json* config() const noexcept override { return &config_; }

  std::vector<Entry> entries() const override {
    std::vector<Entry> out;
    for (const auto& [key, value] : config_.members()) {
      std::string text = value.is_string() ? *value.as_string() : value.dump();
      if (text.size() > 200) text = text.substr(0, 200) + "…";
      out.push_back({key, kind_name(value.kind()), std::move(text)});
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

  void add_parts(const fs::path& folder, const fs::path& index_path) {
    const auto index = MappedFile::open(index_path.string());
    const Json json = parse_json(*index, index->text());
    const Json* map = json.find("weight_map");
    if (!map || !map->is_object()) {
      fail(Status::bad_file, fmt::format("{}: weight_map is missing or no object", index->path()));
    }
    std::set<std::string> parts;
    for (const auto& [name, part] : map->members()) {
      const std::string* file = part.as_string();
      if (!file || file->empty() || file->find('/') != file->npos || file->find('\\') != file->npos) {
        fail(Status::bad_file, fmt::format("{}: weight_map['{}'] is {}, expected a file's name in the same folder",
                                           index->path(), printable(name), part.dump()));
      }
      parts.insert(*file);
    }
    std::map<std::string, std::string> where;
    for (const std::string& part : parts) {
      const std::size_t first = tensors_.size();
      add_file(folder / part);
      for (std::size_t i = first; i < tensors_.size(); ++i) where.emplace(tensors_[i].name, part);
    }
    for (const auto& [name, part] : map->members()) {
      const auto found = where.find(name);
      if (found == where.end() || found->second != *part.as_string()) {
        fail(Status::bad_file,
             fmt::format("{}: tensor '{}' should be in {}, {}", index->path(), printable(name), *part.as_string(),
                         found == where.end() ? "but is not there" : "but is in " + found->second));
      }
    }
  }

  void add_file(const fs::path& path) {
    const auto mapped = MappedFile::open(path.string());
    const std::span<const std::byte> bytes = mapped->bytes();
    const auto refuse = [&](const std::string& what) {
      fail(Status::bad_file, fmt::format("{}: {}", mapped->path(), what));
    };
    std::uint64_t header = 0;
    if (bytes.size() < 8) refuse(fmt::format("{} bytes, expected a header of at least 8", bytes.size()));
    std::memcpy(&header, bytes.data(), 8);
    if (header > most_header || header > bytes.size() - 8) {
      refuse(fmt::format("a header of {} bytes, expected at most {}", header,
                         std::min<std::uint64_t>(most_header, bytes.size() - 8)));
    }
    const Json json = parse_json(*mapped, mapped->text().substr(8, header));
    const std::span<const std::byte> data = bytes.subspan(8 + header);
    const std::size_t file = files_.size();
    files_.push_back(mapped);

    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (const auto& [name, entry] : json.members()) {
      if (name == "__metadata__") continue;
      const auto of_tensor = [&](const std::string& what) {
        refuse(fmt::format("tensor '{}': {}", printable(name), what));
      };
      const Json* type = entry.find("dtype");
      const Json* shape = entry.find("shape");
      const Json* offsets = entry.find("data_offsets");
      if (!type || !type->is_string() || !shape || !shape->is_array() || !offsets || !offsets->is_array() ||
          offsets->size() != 2) {
        of_tensor("expected dtype, shape and two data_offsets, found " + entry.dump().substr(0, 200));
      }
      TensorView tensor{.name = name, .format = find_format(std::string_view(*type->as_string())), .shape = {}};
      tensor.type = *type->as_string();
      const std::uint64_t width = bytes_of(tensor.type);
      if (width == 0) of_tensor(fmt::format("dtype is '{}', which is not known", printable(tensor.type)));
      std::optional<std::uint64_t> size = width;
      if (shape->size() > most_dimensions) of_tensor(fmt::format("has {} dimensions", shape->size()));
      for (const Json& n : shape->items()) {
        const auto dimension = n.as_uint64();
        if (!dimension) of_tensor(fmt::format("shape is {}", shape->dump()));
        size = size ? checked_multiply(*size, *dimension) : size;
        tensor.shape.push_back(*dimension);
      }
      std::ranges::reverse(tensor.shape);
      if (tensor.shape.empty()) tensor.shape.push_back(1);
      const auto begin = offsets->at(std::size_t{0}).as_uint64();
      const auto end = offsets->at(std::size_t{1}).as_uint64();
      if (!size || !begin || !end || *begin > *end || *end > data.size() || *end - *begin != *size) {
        of_tensor(fmt::format("data_offsets {} for shape {} of {} in {} bytes of data", offsets->dump(), shape->dump(),
                              tensor.type, data.size()));
      }
      if (*size == 0) continue;
      tensor.bytes = data.subspan(*begin, *size);
      tensor.file = file;
      ranges.emplace_back(*begin, *end);
      tensors_.push_back(std::move(tensor));
    }
    std::ranges::sort(ranges);
    const auto overlap =
        std::ranges::adjacent_find(ranges, [](const auto& a, const auto& b) { return b.first < a.second; });
    if (overlap != ranges.end()) refuse(fmt::format("the data at {} belong to two tensors", std::next(overlap)->first));
  }

  Json config_;
};

}  // namespace

std::shared_ptr<const WeightSource> open_folder(std::string_view path) { return std::make_shared<Folder>(path); }

}  // namespace ondol
