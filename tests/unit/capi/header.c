/* The header is C99 by itself. */
#include "ondol.h"

int32_t header_version_of_c(void) { return ONDOL_HEADER_VERSION; }
