#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "text/regex.hpp"
#include "text/regex_additions.hpp"

namespace ondol::text {
namespace {

constexpr std::string_view white_space =  // Unicode's property White_Space
    R"(\x09-\x0D\x20\x85\xA0\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

struct PropertyName {
  std::string_view name;
  std::string_view members;
};

/// Names of Oniguruma for values and properties that PCRE2 calls otherwise.
constexpr auto other_names = std::to_array<PropertyName>({
    {"Alpha", "Alphabetic"},
    {"Cntrl", "Cc"},
    {"Digit", "Nd"},
    {"Letter", "L"},
    {"Lower", "Lowercase"},
    {"Mark", "M"},
    {"Number", "N"},
    {"Punctuation", "P"},
    {"Symbol", "S"},
    {"Upper", "Uppercase"},
});

/// A property value as the inside of a class. Scripts are meant without their extensions.
std::string property(std::string_view name) {
  for (const PropertyName& other : other_names) {
    if (other.name == name) name = other.members;
  }
  const bool binary = name == "Alphabetic" || name == "Lowercase" || name == "Uppercase";
  return fmt::format("\\p{{{}{}}}{}", name.size() > 2 && !binary ? "sc:" : "", name, regex_additions(name));
}

std::string word() { return property("Alphabetic") + property("M") + property("Nd") + property("Pc"); }

/// Outside of a class Oniguruma's `\w` has six numbers of Latin-1 that it lacks inside of one.
std::string bare_word() { return word() + R"(\xB2\xB3\xB9\xBC-\xBE)"; }

/// Classes that are several properties, or a list.
std::string named_class(std::string_view name) {
  if (name == "Alnum") return property("Alphabetic") + property("Nd");
  if (name == "Blank") return R"(\p{Zs}\t)";
  if (name == "Punct") return property("P");
  if (name == "Space") return std::string(white_space);
  if (name == "Word") return word();
  if (name == "XDigit") return "0-9A-Fa-f";
  return property(name);
}

/// [:alpha:] and the like.
std::string posix_class(std::string_view name) {
  if (name == "punct") return property("P") + property("S");
  for (const std::string_view known :
       {"Alnum", "Alpha", "Blank", "Cntrl", "Digit", "Lower", "Space", "Upper", "Word", "XDigit"}) {
    const bool same = std::equal(known.begin(), known.end(), name.begin(), name.end(),
                                 [](char a, char b) { return (a | 0x20) == b; });
    if (same) return named_class(known);
  }
  return {};
}

/// Translates one pattern, from left to right.
class Translation {
 public:
  explicit Translation(std::string_view pattern) : pattern_(pattern) {}

  std::string run() {
    while (at_ < pattern_.size()) {
      if (pattern_[at_] == '[') {
        out_ += character_class();
      } else if (pattern_[at_] == '\\') {
        escape();
      } else if (pattern_.substr(at_).starts_with("(?")) {
        group();
      } else {
        out_ += pattern_[at_++];
      }
    }
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    fail(Status::unsupported, fmt::format("pattern '{}': {} at byte {} is not supported", pattern_, what, at_));
  }

  /// Ruby's (?m) is what others call (?s).
  void group() {
    out_ += "(?";
    for (at_ += 2; at_ < pattern_.size() && std::string_view("imx-").find(pattern_[at_]) != std::string_view::npos;) {
      const char flag = pattern_[at_++];
      out_ += flag == 'm' ? 's' : flag;
    }
  }

  /// The members that an escape at `at_` stands for, and whether they are what it does not; nothing for other escapes.
  bool class_escape(std::string& members, bool& negated) {
    if (at_ + 1 >= pattern_.size()) return false;
    const char what = pattern_[at_ + 1];
    negated = what == 'S' || what == 'D' || what == 'W' || what == 'H' || what == 'P';
    switch (what) {
      case 's':
      case 'S': members = white_space; break;
      case 'd':
      case 'D': members = property("Nd"); break;
      case 'w':
      case 'W': members = word(); break;
      case 'h':
      case 'H': members = "0-9A-Fa-f"; break;
      case 'p':
      case 'P': return property_escape(members, negated);
      default: return false;
    }
    at_ += 2;
    return true;
  }

  bool property_escape(std::string& members, bool& negated) {
    if (!pattern_.substr(at_ + 2).starts_with('{')) refuse("a property without braces");
    const std::size_t close = pattern_.find('}', at_);
    if (close == pattern_.npos) refuse("a property without an end");
    std::string_view name = pattern_.substr(at_ + 3, close - at_ - 3);
    if (name.starts_with('^')) {
      negated = !negated;
      name.remove_prefix(1);
    }
    members = named_class(name);
    at_ = close + 1;
    return true;
  }

  void escape() {
    std::string members;
    bool negated = false;
    const bool is_word = pattern_.substr(at_).starts_with("\\w") || pattern_.substr(at_).starts_with("\\W");
    if (class_escape(members, negated)) {
      if (is_word) members = bare_word();
      out_ += fmt::format("[{}{}]", negated ? "^" : "", members);
    } else if (pattern_.substr(at_).starts_with("\\b")) {
      out_ += fmt::format("(?:(?<=[{0}])(?![{0}])|(?<![{0}])(?=[{0}]))", bare_word());
      at_ += 2;
    } else if (pattern_.substr(at_).starts_with("\\B")) {
      out_ += fmt::format("(?:(?<=[{0}])(?=[{0}])|(?<![{0}])(?![{0}]))", bare_word());
      at_ += 2;
    } else {
      out_ += pattern_.substr(at_, 2);
      at_ += 2;
    }
  }

  /// A class; `[A&&B]` becomes a look-ahead for B in front of A.
  std::string character_class() {
    ++at_;
    std::vector<std::string> parts(1);
    std::vector<std::string> others;  // members of negated escapes: alternatives
    const bool negated = pattern_.substr(at_).starts_with('^');
    if (negated) ++at_;
    for (bool first = true;; first = false) {
      if (at_ >= pattern_.size()) refuse("a class without an end");
      if (pattern_[at_] == ']' && !first) break;
      member(parts, others);
    }
    ++at_;
    if (parts.size() > 1 && (negated || !others.empty())) refuse("a negated intersection of classes");
    if (!others.empty()) return with_negated(parts.front(), others, negated);
    if (parts.front().empty()) refuse("an empty part of a class");
    std::string out = fmt::format("[{}{}]", negated ? "^" : "", parts.front());
    for (std::size_t i = 1; i < parts.size(); ++i) out.insert(0, fmt::format("(?={})", parts[i]));
    return parts.size() > 1 ? fmt::format("(?:{})", out) : out;
  }

  void member(std::vector<std::string>& parts, std::vector<std::string>& others) {
    std::string members;
    bool is_negated = false;
    if (pattern_.substr(at_).starts_with("&&")) {
      at_ += 2;
      if (at_ >= pattern_.size()) refuse("a class without an end");
      if (pattern_[at_] == '[' && !pattern_.substr(at_).starts_with("[:")) {
        parts.push_back(character_class());
      } else {
        const std::size_t from = at_;
        while (at_ < pattern_.size() && pattern_[at_] != ']' && !pattern_.substr(at_).starts_with("&&")) {
          at_ += pattern_[at_] == '\\' ? 2 : 1;
        }
        at_ = std::min(at_, pattern_.size());
        const std::string part = fmt::format("[{}]", pattern_.substr(from, at_ - from));
        parts.push_back(Translation(part).run());
      }
    } else if (parts.size() > 1) {
      refuse("a member behind an intersection");
    } else if (pattern_.substr(at_).starts_with("[:")) {
      const std::size_t close = pattern_.find(":]", at_);
      if (close == pattern_.npos) refuse("a named class without an end");
      const std::string known = posix_class(pattern_.substr(at_ + 2, close - at_ - 2));
      if (known.empty()) refuse("a named class");
      parts.back() += known;
      at_ = close + 2;
    } else if (pattern_[at_] == '[') {
      const std::string inner = character_class();
      if (!inner.starts_with('[') || inner.starts_with("[^")) refuse("a negated class inside a class");
      parts.back() += inner.substr(1, inner.size() - 2);
    } else if (pattern_[at_] == '\\' && class_escape(members, is_negated)) {
      is_negated ? others.push_back(std::move(members)) : void(parts.back() += members);
    } else if (pattern_[at_] == '\\') {
      parts.back() += pattern_.substr(at_, 2);
      at_ += 2;
    } else {
      const std::size_t n = std::max<std::size_t>(1, utf8_length(pattern_.substr(at_)));
      parts.back() += pattern_.substr(at_, n);
      at_ += n;
    }
  }

  /// [a\W] is a or what is no word; [^a\W] is neither.
  static std::string with_negated(const std::string& members, const std::vector<std::string>& others, bool negated) {
    std::string any = members.empty() ? std::string() : fmt::format("[{}]|", members);
    for (const std::string& other : others) any += fmt::format("[^{}]|", other);
    any.pop_back();
    return negated ? fmt::format("(?:(?!{})(?s:.))", any) : fmt::format("(?:{})", any);
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string to_pcre2(std::string_view pattern) { return Translation(pattern).run(); }

}  // namespace ondol::text
