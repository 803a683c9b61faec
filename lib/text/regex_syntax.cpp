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

/// Names of Oniguruma that PCRE2 lacks, as the inside of a class.
constexpr auto names = std::to_array<PropertyName>({
    {"Alnum", "[:alnum:]"},
    {"Alpha", "[:alpha:]"},
    {"Blank", R"(\p{Zs}\t)"},
    {"Cntrl", R"(\p{Cc})"},
    {"Digit", R"(\p{Nd})"},
    {"Letter", R"(\p{L})"},
    {"Lower", R"(\p{Ll})"},
    {"Mark", R"(\p{M})"},
    {"Number", R"(\p{N})"},
    {"Punct", R"(\p{P}$+<=>^`|~)"},
    {"Punctuation", R"(\p{P})"},
    {"Space", R"(\s)"},
    {"Symbol", R"(\p{S})"},
    {"Upper", R"(\p{Lu})"},
    {"XDigit", "0-9A-Fa-f"},
});

/// A property value as the inside of a class. Scripts are meant without their extensions.
std::string property(std::string_view name) {
  return fmt::format("\\p{{{}{}}}{}", name.size() > 2 ? "sc:" : "", name, regex_additions(name));
}

std::string word() {
  return fmt::format(R"({}{}{}\p{{Nl}}\p{{Pc}}\x{{24B6}}-\x{{24E9}})", property("L"), property("M"), property("Nd"));
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
      case 's': case 'S': members = white_space; break;
      case 'd': case 'D': members = property("Nd"); break;
      case 'w': case 'W': members = word(); break;
      case 'h': case 'H': members = "0-9A-Fa-f"; break;
      case 'p': case 'P': return property_escape(members, negated);
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
    members = property(name);
    for (const PropertyName& known : names) {
      if (known.name == name) members = known.name == "Space" ? white_space : known.members;
    }
    if (name == "Word") members = word();
    at_ = close + 1;
    return true;
  }

  void escape() {
    std::string members;
    bool negated = false;
    if (class_escape(members, negated)) {
      out_ += fmt::format("[{}{}]", negated ? "^" : "", members);
    } else if (pattern_.substr(at_).starts_with("\\b")) {
      out_ += fmt::format("(?:(?<=[{0}])(?![{0}])|(?<![{0}])(?=[{0}]))", word());
      at_ += 2;
    } else if (pattern_.substr(at_).starts_with("\\B")) {
      out_ += fmt::format("(?:(?<=[{0}])(?=[{0}])|(?<![{0}])(?![{0}]))", word());
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
      parts.back() += pattern_.substr(at_, close + 2 - at_);
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
