#include "models/damage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <utility>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "files/allocations.hpp"
#include "ondol/error.hpp"
#include "ondol/model.hpp"

namespace test {

using namespace ondol;

namespace {

void run(const Model& model) {
  const std::vector<Token> ids = {1, 2, 0};
  const ModelInfo& info = model.info();
  if (info.kind == ModelKind::encoder) {
    const WholeText texts[] = {{.tokens = ids}};
    (void)model.read(texts, Output::hidden);
    (void)model.read(texts, Output::embedding);
    if (info.head == "sequence") (void)model.read(texts, Output::classes);
    if (info.head == "tokens") (void)model.read(texts, Output::labels);
  } else {
    KVCache cache = info.kind == ModelKind::decoder ? model.new_cache() : model.new_cache(ids);
    const Step steps[] = {{.cache = cache, .tokens = ids, .want = {.hidden = true}}};
    (void)model.forward(steps);
    (void)model.forward(steps);
  }
}

}  // namespace

bool survive(const std::string& folder, Tally& tally, std::uint64_t most) {
  static const Runtime runtime({.threads = 1, .memory_limit = most_memory});
  const test::Allocations allocations;
  const auto start = std::chrono::steady_clock::now();
  bool loaded = false;
  try {
    (void)inspect(folder);
    const Model model = Model::load(folder, {.runtime = runtime, .tokenizer = {}});
    loaded = true;
    try {
      run(model);
    } catch (const Error& e) {
      const bool named = e.code() == Status::context_full || e.code() == Status::unsupported;
      if (!named) FAIL_CHECK("running: ", status_name(e.code()), ": ", e.what());
    }
  } catch (const Error& e) {
    const std::string_view message = e.what();
    const bool named = e.code() == Status::bad_file || e.code() == Status::unsupported || e.code() == Status::not_found;
    if (!named) FAIL_CHECK("loading: ", status_name(e.code()), ": ", message.substr(0, 500));
    if (message.find(folder) == message.npos) FAIL_CHECK("no file is named: ", message.substr(0, 500));
    if (message.size() > 4000) FAIL_CHECK("a message of ", message.size(), " bytes: ", message.substr(0, 200));
    if (!utf8_valid(message)) FAIL_CHECK("not UTF-8: ", message.substr(0, 500));
  } catch (const std::exception& e) {
    FAIL_CHECK("no Error: ", e.what());
  }
  if (allocations.peak() > most) FAIL_CHECK("took ", allocations.peak(), " bytes");
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (seconds.count() > 20) FAIL_CHECK("took ", seconds.count(), " s");
  ++(loaded ? tally.loaded : tally.refused);
  return loaded;
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

std::string long_list(std::string_view item, std::size_t count) {
  std::string out(1, '[');
  for (std::size_t i = 0; i < count; ++i) out.append(i > 0 ? "," : "").append(item);
  return out += ']';
}

std::string in_quotes(std::string_view text) {
  std::string out(1, '"');
  out += text;
  return out += '"';
}

std::vector<std::string> words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

const std::vector<std::string>& lies() {
  static const std::vector<std::string> values = [] {
    std::vector<std::string> out = words(
        R"(null true false 0 -1 1 2 3 5 1000 65536 16777216 2147483647 2147483648 4294967295 4294967296)"
        R"( 9223372036854775807 9223372036854775808 18446744073709551615 -9223372036854775808)"
        R"( 1e308 -1e308 1e-320 1e39 1e-46 -0.0 0.5 1.5 1e999 NaN Infinity -Infinity)"
        R"( "" "auto" "NaN" "\ud800" "\u0000" tru 1,)"
        R"( [] [0] [1,2] [2,0] [-1,9223372036854775807] [1e308,null] [[1]] ["full_attention"])"
        R"( ["full_attention","sliding_attention"] ["x",1])"
        R"( {} {"rope_type":"yarn"} {"0":{}} {"a":1,"a":{}} {"type":"dynamic","factor":1e38} {"quant_method":"gptq"})"
        R"( {"rope_type":"longrope","short_factor":[1,0],"long_factor":[1e39,1]})");
    out.push_back(repeated("9", 400));
    out.push_back(in_quotes(repeated("가", 3000)));
    out.push_back(long_list("0", 20'000));
    out.push_back(long_list("\"full_attention\"", 5000));
    for (const std::size_t depth : {200u, 300u}) out.push_back(repeated("[", depth) + repeated("]", depth));
    out.push_back(repeated("{\"a\":", 100'000));
    return out;
  }();
  return values;
}

std::vector<Field> with(std::vector<Field> fields, const std::string& name, const std::string& value) {
  const auto found = std::ranges::find(fields, name, &Field::first);
  if (found == fields.end()) {
    fields.emplace_back(name, value);
  } else {
    found->second = value;
  }
  return fields;
}

std::vector<Field> without(std::vector<Field> fields, const std::string& name) {
  std::erase_if(fields, [&](const Field& field) { return field.first == name; });
  return fields;
}

std::vector<Field> fields_of(const std::string& object) {
  std::vector<Field> out;
  const Json json = Json::parse(object, "fields");
  for (const auto& [name, value] : json.members()) out.emplace_back(name, value.dump());
  return out;
}

void each_damage(const std::vector<Field>& fields, const std::function<void(const std::vector<Field>&)>& use) {
  for (const auto& [name, value] : fields) {
    use(without(fields, name));
    for (const std::string& lie : lies()) {
      use(with(fields, name, lie));
      std::vector<Field> twice = fields;
      twice.emplace_back(name, lie);
      if (lie.size() < 4) use(twice);
    }
    if (value.starts_with("{") && value.find("NaN") == value.npos) {
      each_damage(fields_of(value), [&, name = name](const std::vector<Field>& inner) {
        use(with(fields, name, test::json_object(inner)));
      });
    }
  }
}

void survive_shapes(const TinyFolder& tiny, std::size_t index, const Place& place, Tally& tally) {
  constexpr std::pair<const char*, std::uint64_t> types[] = {{"F16", 2},     {"BF16", 2}, {"F32", 4}, {"F64", 8},
                                                             {"I32", 4},     {"U8", 1},   {"I64", 8}, {"F8_E4M3", 1},
                                                             {"F8_E8M0", 1}, {"BOOL", 1}};
  using Shape = std::vector<std::uint64_t>;
  const auto check = [&](const Shape& shape, const std::string& type, std::uint64_t width) {
    std::uint64_t bytes = width;
    for (const std::uint64_t n : shape) bytes *= n;
    TinyFolder changed = tiny;
    FolderTensor& tensor = changed.tensors[index];
    tensor.shape = shape;
    tensor.type = type;
    tensor.data.resize(bytes, '\x3c');
    INFO(tiny.name, " ", tensor.name, " ", tensor.entry(0));
    place.survive("model.safetensors", test::safetensors(changed.tensors), tally);
  };
  const FolderTensor& own = tiny.tensors[index];
  const std::uint64_t first = own.shape.front(), last = own.shape.back();
  std::uint64_t count = 1;
  for (const std::uint64_t n : own.shape) count *= n;
  for (const auto& [type, width] : types) check(own.shape, type, width);
  for (const Shape& other :
       {Shape{last, first}, Shape{count}, Shape{count, 1}, Shape{1, count}, Shape{first, 1, last},
        Shape{1, 1, 1, 1, first, last, 1, 1}, Shape{first + 1, last}, Shape{first, last + 1}, Shape{2 * first, last},
        Shape{first, 2 * last}, Shape{first / 2, last, 2}, Shape{first, last, 3}, Shape{first, last, 2, 2}, Shape{},
        Shape{1}, Shape{1, 1, 1}, Shape{0}, Shape{first, 0}}) {
    check(other, own.type, own.data.size() / count);
  }
}

std::string flipped(std::mt19937& random, std::string text, std::size_t head) {
  for (unsigned flips = 1 + random() % 3; flips > 0; --flips) {
    text[random() % std::min(head, text.size())] ^= static_cast<char>(1 << random() % 8);
  }
  return text;
}

}  // namespace test
