#pragma once

namespace ondol::storage {

/// The sixteen levels of IQ4_NL and IQ4_XS. Source: GGUF types 20 and 23 (ggml's kvalues_iq4nl).
inline constexpr float iq4_levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

}  // namespace ondol::storage
