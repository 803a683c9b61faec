#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ondol/error.hpp"
#include "ondol/tensor.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol::python {

/// A str or bytes as UTF-8, a view as long as the call. Raises UnicodeEncodeError (a ValueError) for lone surrogates.
struct Text {
  std::string_view view;
  operator std::string_view() const noexcept { return view; }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] std::string str() const { return std::string(view); }
};

/// A path: str, bytes or os.PathLike, in the file system's encoding.
struct Path {
  std::string text;
};

/// A token id: anything that is an integer.
struct Id {
  Token value = 0;
};

/// Token ids: any iterable of integers or an integer array of one dimension.
struct Ids {
  std::vector<Token> values;
};

inline Token token_of(long long value) {
  if (value < std::numeric_limits<Token>::min() || value > std::numeric_limits<Token>::max())
    throw Error(Status::invalid_argument, "token " + std::to_string(value) + " is outside of every vocabulary");
  return static_cast<Token>(value);
}

/// Nothing if `number` is no integer.
inline std::optional<Token> token_of(pybind11::handle number) {
  const auto integer = pybind11::reinterpret_steal<pybind11::object>(PyNumber_Index(number.ptr()));
  if (!integer) return PyErr_Clear(), std::nullopt;
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(integer.ptr(), &overflow);
  return token_of(overflow != 0 ? std::numeric_limits<long long>::max() : value);
}

/// The one of `known` called `name`. @throws Error invalid_argument, with the names there are.
template <class Value, std::size_t count>
Value choice(std::string_view option, std::string_view name, const std::pair<std::string_view, Value> (&known)[count]) {
  std::string names;
  for (const auto& [text, value] : known) {
    if (text == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(text);
  }
  throw Error(Status::invalid_argument,
              std::string(option) + " is \"" + std::string(name) + "\", expected one of " + names);
}

/// The name of `value`, which is one of `known`.
template <class Value, std::size_t count>
std::string_view name_of(Value value, const std::pair<std::string_view, Value> (&known)[count]) {
  for (const auto& [text, candidate] : known) {
    if (candidate == value) return text;
  }
  return "unknown";
}

/// The values move into the array.
inline pybind11::array_t<float> to_array(Tensor&& tensor) {
  auto* values = new std::vector<float>(std::move(tensor.values));
  const pybind11::capsule owner(values, [](void* p) { delete static_cast<std::vector<float>*>(p); });
  return pybind11::array_t<float>({tensor.rows, tensor.columns}, values->data(), owner);
}

}  // namespace ondol::python

namespace pybind11::detail {

template <>
struct type_caster<ondol::python::Text> {
  PYBIND11_TYPE_CASTER(ondol::python::Text, const_name("str | bytes"));
  bool load(handle source, bool) {
    if (PyUnicode_Check(source.ptr())) {
      Py_ssize_t size = 0;
      const char* data = PyUnicode_AsUTF8AndSize(source.ptr(), &size);
      if (!data) throw error_already_set();
      value.view = {data, static_cast<std::size_t>(size)};
      return true;
    }
    if (!PyBytes_Check(source.ptr())) return false;
    value.view = {PyBytes_AS_STRING(source.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(source.ptr()))};
    return true;
  }
};

template <>
struct type_caster<ondol::python::Path> {
  PYBIND11_TYPE_CASTER(ondol::python::Path, const_name("str | bytes | os.PathLike"));
  bool load(handle source, bool) {
    PyObject* converted = nullptr;
    if (PyUnicode_FSConverter(source.ptr(), &converted) == 0) {
      if (PyErr_ExceptionMatches(PyExc_TypeError)) return PyErr_Clear(), false;
      throw error_already_set();
    }
    value.text = std::string(reinterpret_steal<bytes>(converted));
    return true;
  }
};

template <>
struct type_caster<ondol::python::Id> {
  PYBIND11_TYPE_CASTER(ondol::python::Id, const_name("int"));
  bool load(handle source, bool) {
    const auto id = ondol::python::token_of(source);
    if (id) value.value = *id;
    return id.has_value();
  }
};

template <>
struct type_caster<ondol::python::Ids> {
  PYBIND11_TYPE_CASTER(ondol::python::Ids, const_name("collections.abc.Iterable[int] | numpy.ndarray"));
  bool load(handle source, bool) {
    if (PyUnicode_Check(source.ptr()) || PyBytes_Check(source.ptr())) return false;
    if (isinstance<array>(source)) return load_array(reinterpret_borrow<array>(source));
    const auto iterator = reinterpret_steal<object>(PyObject_GetIter(source.ptr()));
    if (!iterator) return PyErr_Clear(), false;
    while (const auto item = reinterpret_steal<object>(PyIter_Next(iterator.ptr()))) {
      const auto id = ondol::python::token_of(item);
      if (!id) return false;
      value.values.push_back(*id);
    }
    if (PyErr_Occurred()) throw error_already_set();
    return true;
  }

 private:
  bool load_array(const array& source) {
    const char kind = source.dtype().kind();
    if (source.ndim() != 1 || (kind != 'i' && kind != 'u')) return false;
    const auto ids = array_t<std::int64_t, array::c_style | array::forcecast>::ensure(source);
    if (!ids) throw error_already_set();
    value.values.reserve(static_cast<std::size_t>(ids.size()));
    for (ssize_t i = 0; i < ids.size(); ++i) value.values.push_back(ondol::python::token_of(ids.at(i)));
    return true;
  }
};

}  // namespace pybind11::detail
