#include <fmt/format.h>

#include "chat/jinja/access.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/native.hpp"
#include "chat/jinja/objects.hpp"
#include "chat/jinja/show.hpp"
#include "chat/jinja/strftime.hpp"

namespace ondol::jinja {
namespace {

constexpr std::size_t max_range = 100'000;  // the sandbox's

Value range(Call& call) {
  if (!call.arguments.named.empty()) call.refuse("range() takes no keyword arguments");
  const std::size_t count = call.arguments.positional.size();
  if (count == 0 || count > 3) call.refuse(fmt::format("expected 1 to 3 arguments, got {}", count));
  for (std::size_t i = 0; i < count; ++i) call.bound[i] = &call.arguments.positional[i];
  const std::int64_t start = count == 1 ? 0 : call.integer(0);
  const std::int64_t stop = count == 1 ? call.integer(0) : call.integer(1);
  const std::int64_t step = count == 3 ? call.integer(2) : 1;
  if (step == 0) call.refuse("range() arg 3 must not be zero");
  __int128 span = step > 0 ? static_cast<__int128>(stop) - start : static_cast<__int128>(start) - stop;
  const __int128 by = step > 0 ? step : -static_cast<__int128>(step);
  const __int128 size = span <= 0 ? 0 : (span - 1) / by + 1;
  if (size > static_cast<__int128>(max_range)) {
    call.refuse(fmt::format("Range too big. The sandbox blocks ranges larger than MAX_RANGE ({}).", max_range));
  }
  return ObjectPtr(std::make_shared<Range>(start, stop, step, static_cast<std::size_t>(size)));
}

/// dict(mapping or pairs, **named) as members.
std::vector<Dict::Member> members(Call& call) {
  std::vector<Dict::Member> found;
  if (call.arguments.positional.size() > 1) call.refuse("expected at most 1 argument");
  if (!call.arguments.positional.empty()) {
    const Value& from = call.arguments.positional[0];
    if (from.is_undefined()) use_undefined(from);
    if (const Dict* dict = from.dict()) {
      found = dict->members();
    } else {
      const ListPtr all = items_of(call.in, from);
      for (const Value& pair : all->items) {
        const ListPtr both = items_of(call.in, pair);
        if (both->items.size() != 2) call.refuse("expected pairs of a key and a value");
        found.emplace_back(both->items[0], both->items[1]);
      }
    }
  }
  for (auto& [name, value] : call.arguments.named) found.emplace_back(Value::source(name), std::move(value));
  for (const auto& [key, value] : found) call.in.limits.step(key.weight());
  return found;
}

Value dict(Call& call) {
  auto made = std::make_shared<Dict>();
  for (auto& [key, value] : members(call)) made->set(key, std::move(value));
  return DictPtr(std::move(made));
}

Value name_space(Call& call) {
  const auto space = call.in.make_namespace();
  for (auto& [key, value] : members(call)) space->set(to_text(call.in.limits, key).view(), std::move(value));
  return ObjectPtr(space);
}

Value cycler(Call& call) {
  if (call.arguments.positional.empty()) call.refuse("at least one item has to be provided");
  return ObjectPtr(std::make_shared<Cycler>(std::move(call.arguments.positional)));
}

Value joiner(Call& call) { return ObjectPtr(std::make_shared<Joiner>(call.has(0) ? call.at(0) : Value::source(", "))); }

/// Jinja's is a text of random words; without chance there is none.
Value lipsum(Call& call) { call.refuse("random text is not available"); }

Value raise_exception(Call& call) { throw Failure(to_text(call.in.limits, call.at(0)).bytes(), call.in.at, true); }

Value strftime_now(Call& call) {
  TextBuilder out(call.in.limits);
  const Text& format = call.text(0);
  append_time(out, format.view(), call.in.now);
  if (format.has_content()) out.mark_from(0);
  return out.finish();
}

constexpr Native rows[] = {
    {"cycler", cycler, {}, Native::any},
    {"dict", dict, {}, Native::any},
    {"joiner", joiner, {"sep"}},
    {"lipsum", lipsum, {}, Native::any},
    {"namespace", name_space, {}, Native::any},
    {"raise_exception", raise_exception, {"message"}, 1},
    {"range", range, {}, Native::any},
    {"strftime_now", strftime_now, {"format"}, 1},
};

}  // namespace

const Native* find_function(std::string_view name) noexcept { return find_row(rows, name); }

}  // namespace ondol::jinja
