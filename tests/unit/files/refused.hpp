#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "exercise.hpp"
#include "ondol/error.hpp"
#include "temp.hpp"

namespace test {

/// Opens `path`, which has to fail with `code` and a message that holds all of `words`.
inline void check_refused(const std::string& path, ondol::Status code, std::initializer_list<std::string_view> words) {
  try {
    exercise(*ondol::open_weights(path));
    FAIL_CHECK("the file opened");
  } catch (const ondol::Error& e) {
    const std::string message = e.what();
    CAPTURE(message);
    CHECK(e.code() == code);
    for (const std::string_view word : words) CHECK_MESSAGE(message.find(word) != std::string::npos, "no '", word, "'");
  }
}

}  // namespace test
