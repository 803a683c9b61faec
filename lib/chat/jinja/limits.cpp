#include "chat/jinja/limits.hpp"

#include <fmt/format.h>

namespace ondol::jinja {

void Limits::too_many_steps() const {
  throw Failure(fmt::format("the template takes more than {} steps (max_steps)", steps_));
}

void Limits::too_many_bytes() const {
  throw Failure(fmt::format("the template makes a text of more than {} bytes (max_output)", bytes_));
}

}  // namespace ondol::jinja
