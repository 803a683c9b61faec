#include <pybind11/stl.h>

#include "arguments.hpp"
#include "bindings.hpp"
#include "interruptible.hpp"
#include "ondol/convert.hpp"
#include "ondol/families.hpp"

namespace ondol::python {

void bind_convert(py::module_& m) {
  m.def(
      "convert",
      [](const Path& in, const Path& out, const std::string& type, const std::string& importance,
         const std::optional<py::function>& callback) {
        const std::stop_source stop;
        const auto progress = std::make_shared<Progress>();
        const ConvertOptions options{.type = type, .importance = importance, .stop = stop.get_token(), .progress = progress};
        const auto tick = report(progress, callback);
        interruptible(
            stop, [&] { convert(in.text, out.text, options); return 0; }, tick);
        if (tick) tick();
      },
      "input"_a, "output"_a, "type"_a = "", "importance"_a = "", "progress"_a = py::none(),
      "Write the model in `input` (a GGUF file or a folder) to `output`: a GGUF file if it ends in .gguf, else a folder.\n"
      "type: a storage type (\"q8_0\") or mixture (\"q4_k_m\"); \"\" = as it is.\n"
      "importance: file of an importance matrix, which the smallest types need.\n"
      "progress: called with (done, total) in bytes.");
  m.def(
      "families",
      [] {
        std::vector<std::pair<std::string_view, std::string_view>> out;
        for (const FamilyInfo& family : known_families()) out.emplace_back(family.model_type, family.architecture);
        return out;
      },
      "The kinds of models that this version runs: (model_type of config.json, architecture of GGUF files or \"\").");
  m.def("convert_types", &convert_types, "The types that convert() takes.");
}

}  // namespace ondol::python
