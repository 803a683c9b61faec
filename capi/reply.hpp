#pragma once

#include <optional>

#include "handles.hpp"

/// A finished reply, or what there is of one.
struct ondol_result final : ondol::capi::Object {
  explicit ondol_result(ondol::Result result)
      : piece(std::move(result.text), std::move(result.tokens)), rest(std::move(result)) {}
  ondol_piece piece;
  ondol::Result rest;  // all but text and tokens
};

struct ondol_generation final : ondol::capi::Object {
  ondol_generation(ondol::Model model, ondol::capi::Controlled control, ondol::Generation generation)
      : model(std::move(model)), control(std::move(control)), generation(std::move(generation)) {}

  ondol::Model model;
  ondol::capi::Controlled control;
  ondol::capi::Exclusive<ondol_chat> chat;  // of a chat's reply, until it has ended
  std::optional<ondol::Generation> generation;
  ondol::Result last;  // of a chat's reply that has ended: then `generation` is gone
  ondol_piece piece;   // what the caller borrows
};
