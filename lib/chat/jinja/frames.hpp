#pragma once

#include <unordered_map>
#include <vector>

#include "chat/jinja/ast.hpp"

namespace ondol::jinja {

/// Finds out, while a template is parsed, which names its frames hide. A frame is what has variables of its own: the
/// template, a loop's body, a macro ... Jinja2 decides once for a whole frame where a name comes from: a name that is
/// assigned before the frame reads it is a new variable there (unless a frame around it knows the name), undefined
/// until then, even if the caller passed one. What an `if` assigns may not come to be, and hides nothing. Source:
/// jinja2/idtracking.py.
class Frames {
 public:
  /// Begins a frame; `frame` is filled by finish() and must stay where it is. A detached one does not see others.
  void open(Frame& frame, bool detached = false);
  void close() { open_.pop_back(); }
  /// Goes on with a frame that was closed.
  void reopen(const Frame& frame);

  void load(Symbol symbol) { touch(symbol, false); }
  void store(const Target& target);
  /// A name that has a value from the frame's beginning.
  void parameter(const Target& target);
  void parameter(Symbol symbol) { touch(symbol, false); }
  void open_branch() { ++all_[open_.back()].branches; }
  void close_branch() { --all_[open_.back()].branches; }

  void finish(const std::vector<std::string>& names);

 private:
  struct Entry {
    Frame* frame;
    std::size_t parent;
    int branches = 0;                          // that are open
    std::unordered_map<Symbol, bool> touched;  // whether the first thing that happens to a name is an assignment
  };
  void touch(Symbol symbol, bool assigned);
  [[nodiscard]] bool known_around(const Entry& entry, Symbol symbol) const;

  static constexpr std::size_t none = SIZE_MAX;
  std::vector<Entry> all_;
  std::vector<std::size_t> open_;  // places in all_
};

}  // namespace ondol::jinja
