#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "models/tiny_folder.hpp"
#include "temp.hpp"

/// Damage of model folders: they load and run, or are Errors that name the folder; neither takes more memory or time
/// than it may.
namespace test {

constexpr std::uint64_t most_memory = 64u << 20;

struct Tally {
  int loaded = 0;
  int refused = 0;
};

/// Loads and runs the folder as it is, with `most` bytes of memory; whether it loaded. Fails the test otherwise.
bool survive(const std::string& folder, Tally& tally, std::uint64_t most = most_memory);

/// A folder whose files are in memory, for they are replaced thousands of times.
class Place {
 public:
  explicit Place(const TinyFolder& tiny) {
    write("config.json", test::json_object(tiny.config));
    write("model.safetensors", test::safetensors(tiny.tensors));
  }
  Place() = default;

  void write(const std::string& name, std::string_view bytes) const {
    auto& file = files_[name];
    if (file) {
      file->resize(0);
      file->put(0, bytes);
    } else {
      file = std::make_unique<test::MemoryFile>(bytes);
      std::filesystem::create_symlink(file->path(), folder_.path(name));
    }
  }
  void write_to_disk(std::string_view name, std::string_view bytes) const { folder_.write(name, bytes); }
  [[nodiscard]] std::string path() const { return folder_.path(""); }

  bool survive(Tally& tally, std::uint64_t most = most_memory) const { return test::survive(path(), tally, most); }
  bool survive(const std::string& name, std::string_view bytes, Tally& tally, std::uint64_t most = most_memory) const {
    write(name, bytes);
    return survive(tally, most);
  }

 private:
  test::TempFolder folder_;
  mutable std::map<std::string, std::unique_ptr<test::MemoryFile>> files_;
};

/// `text` so many times.
[[nodiscard]] std::string repeated(std::string_view text, std::size_t count);
/// "[item,item,...]"
[[nodiscard]] std::string long_list(std::string_view item, std::size_t count);
/// The text as a JSON string; it holds nothing to be escaped.
[[nodiscard]] std::string in_quotes(std::string_view text);
/// What stands between spaces.
[[nodiscard]] std::vector<std::string> words(std::string_view text);

/// What no value of a file should be, as JSON or nearly so.
[[nodiscard]] const std::vector<std::string>& lies();

/// The object `fields` with one member's value replaced, or added.
[[nodiscard]] std::vector<Field> with(std::vector<Field> fields, const std::string& name, const std::string& value);
[[nodiscard]] std::vector<Field> without(std::vector<Field> fields, const std::string& name);
[[nodiscard]] std::vector<Field> fields_of(const std::string& object);

/// Calls use(config) with each member removed, doubled and replaced by every lie, those of objects inside too.
void each_damage(const std::vector<Field>& fields, const std::function<void(const std::vector<Field>&)>& use);

/// The folder with one of its tensors in other shapes and types, whose bytes are all there.
void survive_shapes(const TinyFolder& tiny, std::size_t index, const Place& place, Tally& tally);

/// `text` with some bits of its first `head` bytes flipped.
[[nodiscard]] std::string flipped(std::mt19937& random, std::string text, std::size_t head);

}  // namespace test
