#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "models/damage.hpp"

using namespace test;

TEST_CASE("safetensors damage: headers that lie about the file") {
  Tally tally;
  for (const TinyFolder& tiny : tiny_folders()) {
    CAPTURE(tiny.name);
    const Place place(tiny);
    const std::string whole = safetensors(tiny.tensors);
    std::uint64_t header = 0;
    std::memcpy(&header, whole.data(), 8);
    for (const std::uint64_t length :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, header - 1, header + 1, header + 4096,
          std::uint64_t{whole.size()}, std::uint64_t{whole.size()} - 8, std::uint64_t{100u << 20},
          std::uint64_t{1} << 31, std::uint64_t{1} << 32, (std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 63,
          ~std::uint64_t{7}, ~std::uint64_t{0}}) {
      std::string file = whole;
      std::memcpy(file.data(), &length, 8);
      CAPTURE(length);
      CHECK(!place.survive("model.safetensors", file, tally));
    }
    for (std::size_t size = 0; size < whole.size(); size += size < 16 ? 1 : 61) {
      if (place.survive("model.safetensors", whole.substr(0, size), tally)) FAIL_CHECK("loaded at ", size);
    }
  }
  CHECK(tally.refused > 500);
}

TEST_CASE("safetensors damage: entries that lie about a tensor") {
  std::vector<std::string> values = words(
      R"(null 0 -1 1e3 "F32" "F16" "F4" "" [] {} [0] [0,0] [0,4] [4,0] [1,2,3] [-1,3] [0.0,4.0] ["0","4"] [null,null])"
      R"( [18446744073709551615,18446744073709551615] [0,18446744073709551615] [0,18446744073709551616])"
      R"( [9223372036854775808,2] [4294967296,4294967296] [4611686018427387904,4] [2305843009213693952,0,8])"
      R"( [1,1,1,1,1,1,1,1,1] [1,1,1,1,1,1,1,1])");
  values.push_back(in_quotes(repeated("x", 100'000)));
  values.push_back(long_list("1", 10'000));
  values.push_back(long_list("[]", 100'000));
  values.push_back(repeated("[", 250) + repeated("]", 250));
  std::vector<std::string> names = words(
      "\\u0000 \\ud800 \xff\xfe . .. model. model.model.model.norm.weight model.layers.2.mlp.up_proj.weight"
      " model.layers.99999999999999999999.mlp.up_proj.weight"
      " model.layers.18446744073709551615.mlp.experts.18446744073709551615.up_proj.weight"
      " model.layers.1.block_sparse_moe.experts.4294967295.w1.weight blk.0.attn_q.weight token_embd.weight"
      " rope_freqs.weight rope_factors_long.weight output.bias cls.weight mtp.x ../../etc/passwd"
      " lm_head.weight_scale_inv lm_head.qweight");
  names.insert(names.end(), {"", repeated("model.", 10'000), repeated("1.", 10'000)});
  Tally tally;
  for (const TinyFolder& tiny : tiny_folders()) {
    const Place place(tiny);
    std::vector<Field> header;
    std::string data;
    for (const FolderTensor& tensor : tiny.tensors) {
      header.emplace_back(tensor.name, tensor.entry(data.size()));
      data += tensor.data;
    }
    const auto check = [&](const std::vector<Field>& entries) {
      const std::string text = json_object(entries);
      INFO(tiny.name, " ", text.substr(0, 4000));
      return place.survive("model.safetensors", safetensors(text, data), tally);
    };
    for (std::size_t i = 0; i < header.size(); i += 5) {
      const auto& [name, entry] = header[i];
      for (const char* part : {"dtype", "shape", "data_offsets"}) {
        check(with(header, name, json_object(without(fields_of(entry), part))));
        for (const std::string& value : values) {
          check(with(header, name, json_object(with(fields_of(entry), part, value))));
        }
      }
      for (const std::string& value : values) check(with(header, name, value));
      const std::size_t other = (i + 1) % header.size();
      CHECK(!check(with(header, name, header[other].second)));  // two tensors in one place
      std::vector<Field> twice = header;
      twice.emplace_back(name, entry);
      CHECK(!check(twice));
      check(without(header, name));  // a bias may be missing
    }
    for (const std::string& value : values) check(with(header, "__metadata__", value));
    for (const char* metadata : {R"({"format":"pt"})", R"({"format":1})", R"({"a":{"b":[]}})"}) {
      CHECK(check(with(header, "__metadata__", metadata)));
    }
    const std::string one = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
    data = std::string(4, '\0') + data;
    header.clear();
    for (std::uint64_t end = 4; const FolderTensor& tensor : tiny.tensors) {
      header.emplace_back(tensor.name, tensor.entry(end));
      end += tensor.data.size();
    }
    for (const std::string& name : names) {
      check(with(header, name, one));
    }
    std::vector<std::string> texts = words(R"(null [] { {} {}{} {"a":})");
    const std::string good = json_object(header);
    texts.insert(texts.end(),
                 {"", good + "   ", good + '\0', repeated("{\"a\":", 100'000), repeated("{\"a\":[]},", 1000)});
    for (const std::string& text : texts) {
      INFO(tiny.name, " ", text.substr(0, 100));
      place.survive("model.safetensors", safetensors(text, data), tally);
    }
  }
  CHECK(tally.loaded > 10);
  CHECK(tally.refused > 2000);
}

TEST_CASE("safetensors damage: tensors of other shapes and types than config.json says") {
  Tally tally;
  for (const TinyFolder& tiny : tiny_folders()) {
    const Place place(tiny);
    for (std::size_t i = 0; i < tiny.tensors.size(); ++i) survive_shapes(tiny, i, place, tally);
  }
  CHECK(tally.loaded > 500);
  CHECK(tally.refused > 3000);
}

TEST_CASE("safetensors damage: tensors without elements are legal, in lists of shards too") {
  TinyFolder more = tiny_folders().front();
  more.add("nothing", {0, 4});
  const Place place(more);
  Tally tally;
  CHECK(place.survive(tally));
  std::vector<Field> map;
  for (const FolderTensor& tensor : more.tensors) map.emplace_back(tensor.name, "\"part.safetensors\"");
  const Place sharded;
  sharded.write("config.json", json_object(more.config));
  sharded.write("part.safetensors", safetensors(more.tensors));
  CHECK(sharded.survive("model.safetensors.index.json", json_object({{"weight_map", json_object(map)}}), tally));
}

TEST_CASE("safetensors damage: a large header takes no more than ten times its size") {
  const TinyFolder tiny = tiny_folders().front();
  Tally tally;
  constexpr std::pair<const char*, std::size_t> items[] = {
      {R"({"dtype":"F32","shape":[0],"data_offsets":[0,0]})", 20u << 20}, {"{}", 99u << 20}, {"[[],[],[]]", 99u << 20}};
  for (const auto& [item, size] : items) {
    CAPTURE(item);
    std::string header = "{";
    for (int i = 0; header.size() < size; ++i) {
      header += in_quotes(std::to_string(i)) + ":" + item + ",";
    }
    header += "\"end\":{}}";
    const Place place(tiny);
    CHECK(!place.survive("model.safetensors", safetensors(header, ""), tally, 10 * header.size()));
  }
  for (const char* name : {"__metadata__", "a"}) {
    CAPTURE(name);
    const std::string header = json_object({{name, long_list("[]", 30u << 20)}});
    CHECK(!Place(tiny).survive("model.safetensors", safetensors(header, ""), tally, 10 * header.size()));
  }
}

TEST_CASE("safetensors damage: lists of shards") {
  Tally tally;
  for (const TinyFolder& tiny : tiny_folders()) {
    CAPTURE(tiny.name);
    const Place place;
    const char* const index = "model.safetensors.index.json";
    place.write("config.json", json_object(tiny.config));
    const auto middle = tiny.tensors.begin() + std::ptrdiff_t(tiny.tensors.size() / 2);
    place.write("a.safetensors", safetensors({tiny.tensors.begin(), middle}));
    place.write("b.safetensors", safetensors({middle, tiny.tensors.end()}));
    place.write("both.safetensors", safetensors(tiny.tensors));
    std::vector<Field> map;
    for (auto it = tiny.tensors.begin(); it != tiny.tensors.end(); ++it) {
      map.emplace_back(it->name, it < middle ? "\"a.safetensors\"" : "\"b.safetensors\"");
    }
    const auto check = [&](const std::vector<Field>& entries) {
      const std::string text = json_object({{"metadata", R"({"total_size":1})"}, {"weight_map", json_object(entries)}});
      INFO(text.substr(0, 3000));
      return place.survive(index, text, tally);
    };
    CHECK(check(map));
    std::vector<std::string> parts = words(
        R"("missing.safetensors" "../a.safetensors" "/etc/passwd" "..\\a" "." ".." "" "a.safetensors\u0000" "\u0000")"
        R"( "config.json" "model.safetensors.index.json" "both.safetensors" null 0 [] {} ["a.safetensors"])");
    parts.push_back(in_quotes(repeated("x", 5000)));
    parts.push_back(in_quotes(repeated("가", 85)));
    parts.push_back(repeated("[", 200) + repeated("]", 200));
    parts.push_back(long_list("\"가\"", 1000));
    for (const std::string& part : parts) {
      for (const std::size_t i : {std::size_t{0}, map.size() - 1}) CHECK(!check(with(map, map[i].first, part)));
      if (!part.starts_with("\"both")) CHECK(!check({{map[0].first, part}}));
    }
    for (std::size_t i = 0; i < map.size(); ++i) {
      CHECK(!check(with(map, map[i].first, i < map.size() / 2 ? "\"b.safetensors\"" : "\"a.safetensors\"")));
      std::vector<Field> twice = map;
      twice.emplace_back(map[i].first, "\"missing.safetensors\"");
      CHECK(!check(twice));
    }
    CHECK(!check(with(map, "other.weight", "\"a.safetensors\"")));
    CHECK(!check(with(map, "", "\"a.safetensors\"")));
    CHECK(!check(with(map, "more", "\"both.safetensors\"")));  // every tensor twice
    check({});
    for (const std::string& lie : lies()) {
      INFO(lie.substr(0, 100));
      CHECK(!place.survive(index, lie, tally));
      CHECK(!place.survive(index, json_object({{"weight_map", lie}}), tally));
      place.survive(index, json_object({{"metadata", lie}, {"weight_map", json_object(map)}}), tally);
    }
    const std::string text = json_object({{"weight_map", json_object(map)}});
    for (std::size_t size = 0; size < text.size(); size += 29)
      CHECK(!place.survive(index, text.substr(0, size), tally));
  }
  CHECK(tally.refused > 2000);
}

TEST_CASE("safetensors damage: thousands of shards, and lists of millions") {
  const TinyFolder tiny = tiny_folders().front();
  const Place place;
  place.write("config.json", json_object(tiny.config));
  std::vector<Field> map;
  for (int i = 0; i < 3000; ++i) {
    const std::string part = "part-" + std::to_string(i);
    const auto own =
        std::size_t(i) < tiny.tensors.size() ? std::vector{tiny.tensors[std::size_t(i)]} : std::vector<FolderTensor>();
    place.write_to_disk(part, safetensors(own));
    if (!own.empty()) map.emplace_back(own[0].name, in_quotes(part));
  }
  Tally tally;
  const char* const index = "model.safetensors.index.json";
  CHECK(place.survive(index, json_object({{"weight_map", json_object(map)}}), tally));
  std::vector<Field> lies = map;
  for (int i = 0; i < 3000; ++i) lies.emplace_back(fmt::format("x{}", i), fmt::format("\"part-{}\"", i));
  CHECK(!place.survive(index, json_object({{"weight_map", json_object(lies)}}), tally));
  std::string many = "{\"weight_map\":{";
  for (int i = 0; i < 2'000'000; ++i) many.append(in_quotes(std::to_string(i))).append(":\"part-0\",");
  many += "\"a\":\"part-0\"}}";
  CHECK(!place.survive(index, many, tally, most_memory + 10 * many.size()));
}
