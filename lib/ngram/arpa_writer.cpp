#include "ngram/arpa_writer.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "ngram/arpa_reader.hpp"
#include "ngram/text_file.hpp"

namespace ondol::ngram {

void write_arpa(std::string_view path, const Words& words, const std::vector<Array<Entry>>& orders, NGramUnit unit) {
  TextFile file(path);
  if (unit != NGramUnit::words) file.write(fmt::format("{}{}\n", unit_comment, ngram_unit_name(unit)));
  file.write("\\data\\\n");
  for (std::size_t n = 1; n <= orders.size(); ++n) file.write(fmt::format("ngram {}={}\n", n, orders[n - 1].size()));
  std::string line;
  for (std::size_t n = 1; n <= orders.size(); ++n) {
    file.write(fmt::format("\n\\{}-grams:\n", n));
    for (const Entry& entry : orders[n - 1]) {
      std::array<std::uint32_t, most_orders> ids{};
      const Entry* at = &entry;
      for (std::size_t k = n; k >= 1; --k) {  // from the last word to the first
        ids[k - 1] = at->word;
        if (k > 1) at = &orders[k - 2][at->context];
      }
      line.clear();
      // The shortest digits that give the same float32.
      fmt::format_to(std::back_inserter(line), "{}", entry.probability);
      for (std::size_t k = 0; k < n; ++k) (line += k == 0 ? '\t' : ' ') += words[ids[k]];
      if (n < orders.size()) fmt::format_to(std::back_inserter(line), "\t{}", entry.backoff);
      line += '\n';
      file.write(line);
    }
  }
  file.write("\n\\end\\\n");
  file.finish();
}

}  // namespace ondol::ngram
