#include "files/python_json.hpp"

namespace ondol {

std::string plain_json(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    if (in_string) {
      if (text[i] == '\\' && i + 1 < text.size()) length = 2;
      if (text[i] == '"') in_string = false;
    } else if (text[i] == '"') {
      in_string = true;
    } else {
      for (const std::string_view word : {"NaN", "-Infinity", "Infinity"}) {
        if (!text.substr(i).starts_with(word)) continue;
        out += "null";
        i += word.size();
        length = 0;
        break;
      }
    }
    out += text.substr(i, length);
    i += length;
  }
  return out;
}

}  // namespace ondol
