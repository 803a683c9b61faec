#include "text/normalize/normalizers.hpp"

namespace ondol::text {

bool Prepend::apply(std::string_view text, std::string& out) const {
  if (text.empty()) return false;
  out.assign(prefix_);
  out += text;
  return true;
}

bool Replace::apply(std::string_view text, std::string& out) const {
  std::size_t at = text.find(from_);
  if (from_.empty() || at == text.npos) return false;
  out.clear();
  out.reserve(text.size() + text.size() / 4);
  std::size_t done = 0;
  for (; at != text.npos; done = at + from_.size(), at = text.find(from_, done)) {
    out += text.substr(done, at - done);
    out += to_;
  }
  out += text.substr(done);
  return true;
}

bool CollapseSpaces::apply(std::string_view text, std::string& out) const {
  if (text.find("  ") == text.npos && !text.starts_with(' ') && !text.ends_with(' ')) return false;
  out.clear();
  for (const char c : text) {
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  }
  if (out.ends_with(' ')) out.pop_back();
  return true;
}

}  // namespace ondol::text
