#pragma once

#include <pybind11/pybind11.h>

namespace ondol::python {

namespace py = pybind11;
using namespace py::literals;

/// For every call that computes and takes no part of Python with it.
using Unlocked = py::call_guard<py::gil_scoped_release>;

void bind_error(py::module_& m);
void bind_runtime(py::module_& m);
void bind_quantize(py::module_& m);
void bind_tokenizer(py::module_& m);
void bind_chat_template(py::module_& m);
void bind_kv_cache(py::module_& m);
void bind_model(py::module_& m);
void bind_sampler(py::module_& m);
void bind_generate(py::module_& m);
void bind_chat(py::module_& m);
void bind_tasks(py::module_& m);
void bind_reply_parser(py::module_& m);
void bind_convert(py::module_& m);
void bind_ngram(py::module_& m);

}  // namespace ondol::python
