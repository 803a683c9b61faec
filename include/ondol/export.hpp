#pragma once

/// Marks what the library's users may link against; everything else stays hidden.
#define ONDOL_API __attribute__((visibility("default")))
