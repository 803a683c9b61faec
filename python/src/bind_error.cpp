#include "bindings.hpp"
#include "ondol/error.hpp"

namespace ondol::python {

void bind_error(py::module_&) {
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const Error& error) {
      const py::object type = py::module_::import("ondol.error").attr("Error");
      const py::object offset = error.offset() < 0 ? py::object(py::none()) : py::object(py::int_(error.offset()));
      const auto message = py::reinterpret_steal<py::object>(
          PyUnicode_DecodeUTF8(error.what(), py::ssize_t(std::char_traits<char>::length(error.what())), "replace"));
      PyErr_SetObject(type.ptr(), type(message, status_name(error.code()), offset).ptr());
    }
  });
}

}  // namespace ondol::python
