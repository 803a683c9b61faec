#include "ngram/arpa.hpp"

#include <algorithm>
#include <cstdlib>

#include "ondol/error.hpp"
#include "ondol/ngram.hpp"
#include "ondol/ngram_trainer.hpp"
#include "target.hpp"
#include "temp.hpp"

namespace {

/// Goes along `text`: all words at once are the words one by one, and a state is what its words lead to.
void exercise(const ondol::NGram& model, std::string_view text) {
  (void)model.score(text);
  std::vector<float> all(model.vocabulary());
  ondol::NGramState state = model.start();
  std::vector<ondol::Token> ids = model.encode(text.substr(0, 200));
  for (std::size_t i = 0; i < 20; ++i) ids.push_back(static_cast<ondol::Token>(i * 7 % model.vocabulary()));
  for (const ondol::Token id : ids) {
    const ondol::NGramStep step = model.step(state, id);
    model.log_probabilities(state, all);
    if (id != model.bos() && all[static_cast<std::size_t>(id)] != step.log_probability) std::abort();
    if (!(model.state(model.context(step.state)) == step.state)) std::abort();
    state = step.state;
  }
}

}  // namespace

/// The input is an ARPA file, and also a text to learn from.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    exercise(ondol::NGram::load(test::MemoryFile(bytes).path()), bytes.substr(size / 2));
  } catch (const ondol::Error&) {
  }
  try {
    const auto unit = static_cast<ondol::NGramUnit>(size % 3);
    ondol::NGramTrainer trainer(
        {.order = 1 + size % 4, .discount_fallback = {{0.5, 1, 1.5}}, .unit = unit, .skip_special = true});
    trainer.add(bytes.substr(0, 2000));
    exercise(trainer.estimate().model(), bytes);
  } catch (const ondol::Error&) {
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  const std::string text = test::small_arpa;
  return {text, test::gzip(text), "# ondol unit: characters\n" + text, test::gzip(text) + test::gzip(text)};
}
