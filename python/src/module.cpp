#include "bindings.hpp"
#include "ondol/version.hpp"

PYBIND11_MODULE(_ondol, m) {
  using namespace ondol::python;
  m.doc() = "The C++ library Ondol; `ondol` is the package to import.";
  m.attr("__version__") = ondol::version();
  bind_error(m);
  bind_runtime(m);
  bind_quantize(m);
  bind_tokenizer(m);
  bind_chat_template(m);
  bind_kv_cache(m);
  bind_model(m);
  bind_sampler(m);
  bind_generate(m);
  bind_chat(m);
  bind_tasks(m);
  bind_reply_parser(m);
  bind_convert(m);
  bind_ngram(m);
}
