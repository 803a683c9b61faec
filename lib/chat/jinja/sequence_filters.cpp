#include <fmt/format.h>

#include <algorithm>

#include "chat/jinja/access.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/native.hpp"
#include "chat/jinja/objects.hpp"
#include "chat/jinja/operators.hpp"
#include "chat/jinja/show.hpp"
#include "chat/jinja/text_functions.hpp"

namespace ondol::jinja {
namespace {

Value lower_if(Call& call, const Value& value, bool case_sensitive) {
  const Text* text = value.text();
  return text && !case_sensitive ? Value(change_case(call.in.limits, *text, Case::lower)) : value;
}

Value attribute(Call& call, std::size_t i) { return call.has(i) ? call.at(i) : Value(); }

/// Items with their sort keys, in the order of the keys; equal ones stay in place.
struct Keyed {
  Value key;
  Value item;
};
void sort_keyed(Call& call, std::vector<Keyed>& items, bool reverse) {
  const auto before = [&](const Keyed& a, const Keyed& b) {
    return reverse ? less(call.in, b.key, a.key) : less(call.in, a.key, b.key);
  };
  std::stable_sort(items.begin(), items.end(), before);
}

Value count(Call& call) { return length_of(call.self); }

Value first(Call& call) {
  if (auto* generator = call.self.object_as<Generator>()) {
    const auto next = generator->next();
    return next ? *next : undefined("No first item, sequence was empty.");
  }
  if (const Text* text = call.self.text(); text && !text->empty()) {
    return get_item(call.in, call.self, 0).text()->as_markup(false);
  }
  const ListPtr items = items_of(call.in, call.self);
  return items->items.empty() ? undefined("No first item, sequence was empty.") : items->items.front();
}

bool reversible(const Value& value) {
  return !value.object_as<Generator>() && (is_iterable(value) && (!value.object() || value.object()->length()));
}

Value last(Call& call) {
  if (!reversible(call.self)) {
    call.refuse(fmt::format("'{}' object is not reversible", type_name(call.self)));
  }
  if (const Text* text = call.self.text(); text && !text->empty()) return get_item(call.in, call.self, -1);
  const ListPtr items = items_of(call.in, call.self);
  return items->items.empty() ? undefined("No last item, sequence was empty.") : items->items.back();
}

/// Without chance there is no random item: a template must give the same prompt every time. The first one it is.
Value random_item(Call& call) {
  if (!length_if(call.self)) call.refuse(fmt::format("object of type '{}' has no len()", type_name(call.self)));
  const ListPtr items = items_of(call.in, call.self);
  return items->items.empty() ? undefined("No random item, sequence was empty.") : items->items.front();
}

Value list(Call& call) {
  const ListPtr items = items_of(call.in, call.self);
  if (items->kind == List::Kind::list) return items;
  return make_list(items->items);
}

Value items(Call& call) {
  if (call.self.is_undefined()) return make_generator({});
  const Dict* dict = call.self.dict();
  if (!dict) call.refuse("Can only get item pairs from a mapping.");
  Values pairs;
  for (const auto& [key, value] : dict->members()) pairs.push_back(make_tuple({key, value}));
  return make_generator(std::move(pairs));
}

Value reverse(Call& call) {
  if (call.self.text()) return get_slice(call.in, call.self, None{}, None{}, -1);
  Values reversed = items_of(call.in, call.self)->items;
  std::reverse(reversed.begin(), reversed.end());
  if (!reversible(call.self)) return make_list(std::move(reversed));
  return make_generator(std::move(reversed), call.self.list() ? "list_reverseiterator" : "reversed");
}

Value joined(Call& call) {
  Limits& limits = call.in.limits;
  Values values = items_of(call.in, call.self)->items;
  if (call.given(1)) {
    const Path path(call.at(1));
    for (Value& value : values) value = path.walk(call.in, value);
  }
  return join(limits, call.has(0) ? to_text(limits, call.at(0)) : Text(), values);
}

Value sum(Call& call) {
  Value total = call.has(1) ? call.at(1) : Value(0);
  if (total.text()) call.refuse("sum() can't sum strings [use ''.join(seq) instead]");
  const Path path(attribute(call, 0));
  const ListPtr all = items_of(call.in, call.self);
  for (const Value& item : all->items) {
    total = arithmetic(call.in, Operator::add, total, path.walk(call.in, item));
  }
  return total;
}

Value extreme(Call& call, bool greatest) {
  const ListPtr items = items_of(call.in, call.self);
  if (items->items.empty()) return undefined("No aggregated item, sequence was empty.");
  const Path path(attribute(call, 1));
  const bool case_sensitive = call.flag(0, false);
  const Value* best = nullptr;
  Value best_key;
  for (const Value& item : items->items) {
    Value key = lower_if(call, path.walk(call.in, item), case_sensitive);
    if (best && !(greatest ? less(call.in, best_key, key) : less(call.in, key, best_key))) continue;
    best = &item;
    best_key = std::move(key);
  }
  return *best;
}
Value least(Call& call) { return extreme(call, false); }
Value greatest(Call& call) { return extreme(call, true); }

/// "a,b.c": several attributes, a list of keys.
Value sort_key(Call& call, const std::vector<Path>& paths, const Value& item, bool case_sensitive) {
  Values keys;
  for (const Path& path : paths) keys.push_back(lower_if(call, path.walk(call.in, item), case_sensitive));
  return make_list(std::move(keys));
}

Value sort(Call& call) {
  const bool case_sensitive = call.flag(1, false);
  std::vector<Path> paths;
  const Value by = attribute(call, 2);
  if (const Text* text = by.text()) {
    const Text comma(",");
    for (const Value& part : split(call.in.limits, *text, &comma, -1, false)) paths.emplace_back(part);
  } else {
    paths.emplace_back(by);
  }
  std::vector<Keyed> keyed;
  const ListPtr all = items_of(call.in, call.self);
  for (const Value& item : all->items) {
    keyed.push_back({sort_key(call, paths, item, case_sensitive), item});
  }
  sort_keyed(call, keyed, call.integer_flag(0));
  Values sorted;
  for (Keyed& entry : keyed) sorted.push_back(std::move(entry.item));
  return make_list(std::move(sorted));
}

Value dict_sort(Call& call) {
  if (call.self.is_undefined()) use_undefined(call.self);
  const Dict* dict = call.self.dict();
  if (!dict) call.refuse(fmt::format("'{}' object has no attribute 'items'", type_name(call.self)));
  const std::string_view by = call.has(1) ? call.text(1).view() : "key";
  if (by != "key" && by != "value") call.refuse("You can only sort by either \"key\" or \"value\"");
  std::vector<Keyed> keyed;
  for (const auto& [key, value] : dict->members()) {
    keyed.push_back({lower_if(call, by == "key" ? key : value, call.flag(0, false)), make_tuple({key, value})});
  }
  sort_keyed(call, keyed, call.integer_flag(2));
  Values sorted;
  for (Keyed& entry : keyed) sorted.push_back(std::move(entry.item));
  return make_list(std::move(sorted));
}

Value group_by(Call& call) {
  const Path path(call.at(0));
  const Value* preset = call.given(1);
  const bool case_sensitive = call.flag(2, false);
  std::vector<Keyed> keyed;
  const ListPtr all = items_of(call.in, call.self);
  for (const Value& item : all->items) {
    keyed.push_back({lower_if(call, path.walk(call.in, item, preset), case_sensitive), item});
  }
  sort_keyed(call, keyed, false);
  Values groups;
  for (std::size_t begin = 0; begin < keyed.size();) {
    std::size_t end = begin;
    Values members;
    while (end < keyed.size() && equal(call.in, keyed[end].key, keyed[begin].key)) members.push_back(keyed[end++].item);
    const Value name = case_sensitive ? keyed[begin].key : path.walk(call.in, keyed[begin].item, preset);
    groups.push_back(make_list({name, make_list(std::move(members))}, List::Kind::group));
    begin = end;
  }
  return make_list(std::move(groups));
}

Value unique(Call& call) {
  const Path path(attribute(call, 1));
  const bool case_sensitive = call.flag(0, false);
  Dict seen;
  Values kept;
  const ListPtr all = items_of(call.in, call.self);
  for (const Value& item : all->items) {
    const Value key = lower_if(call, path.walk(call.in, item), case_sensitive);
    call.in.limits.step(key.weight());
    if (seen.find(key)) continue;
    seen.set(key, true);
    kept.push_back(item);
  }
  return make_generator(std::move(kept));
}

Value batch(Call& call) {
  const std::int64_t size = call.integer(0);
  const Value* fill = call.given(1);
  Values rows;
  Values row;
  const ListPtr all = items_of(call.in, call.self);
  for (const Value& item : all->items) {
    if (static_cast<std::int64_t>(row.size()) == size) {
      rows.push_back(make_list(std::exchange(row, {})));
    }
    row.push_back(item);
  }
  if (!row.empty()) {
    if (fill && static_cast<std::int64_t>(row.size()) < size) {
      const auto missing = static_cast<std::size_t>(size) - row.size();
      call.in.limits.step(missing);
      row.insert(row.end(), missing, *fill);
    }
    rows.push_back(make_list(std::move(row)));
  }
  return make_generator(std::move(rows));
}

Value slice(Call& call) {
  const std::int64_t slices = call.integer(0);
  const Value* fill = call.given(1);
  const ListPtr all = items_of(call.in, call.self);
  if (slices == 0) call.refuse("integer division or modulo by zero");
  Values rows;
  if (slices > 0) {
    call.in.limits.step(static_cast<std::uint64_t>(slices));
    const auto parts = static_cast<std::size_t>(slices);
    const std::size_t each = all->items.size() / parts;
    const std::size_t longer = all->items.size() % parts;
    auto at = all->items.begin();
    for (std::size_t i = 0; i < parts; ++i) {
      const auto end = at + static_cast<std::ptrdiff_t>(each + (i < longer ? 1 : 0));
      Values row(at, end);
      at = end;
      if (fill && i >= longer) row.push_back(*fill);
      rows.push_back(make_list(std::move(row)));
    }
  }
  return make_generator(std::move(rows));
}

constexpr Native rows[] = {
    {"batch", batch, {"linecount", "fill_with"}, 1},
    {"count", count, {}, 0, Cost::constant},
    {"dictsort", dict_sort, {"case_sensitive", "by", "reverse"}},
    {"first", first, {}, 0, Cost::constant},
    {"groupby", group_by, {"attribute", "default", "case_sensitive"}, 1},
    {"items", items},
    {"join", joined, {"d", "attribute"}},
    {"last", last, {}, 0, Cost::constant},
    {"length", count, {}, 0, Cost::constant},
    {"list", list},
    {"max", greatest, {"case_sensitive", "attribute"}},
    {"min", least, {"case_sensitive", "attribute"}},
    {"random", random_item},
    {"reverse", reverse},
    {"slice", slice, {"slices", "fill_with"}, 1},
    {"sort", sort, {"reverse", "case_sensitive", "attribute"}},
    {"sum", sum, {"attribute", "start"}},
    {"unique", unique, {"case_sensitive", "attribute"}},
};

}  // namespace

std::span<const Native> sequence_filters() noexcept { return rows; }

}  // namespace ondol::jinja
