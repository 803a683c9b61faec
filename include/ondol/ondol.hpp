#pragma once

/// All of Ondol.
#include "ondol/beam_search.hpp"
#include "ondol/chat_template.hpp"
#include "ondol/error.hpp"
#include "ondol/generate.hpp"
#include "ondol/kv_cache.hpp"
#include "ondol/model.hpp"
#include "ondol/quantize.hpp"
#include "ondol/reply_parser.hpp"
#include "ondol/runtime.hpp"
#include "ondol/sampler.hpp"
#include "ondol/tasks.hpp"
#include "ondol/tensor.hpp"
#include "ondol/tokenizer.hpp"
#include "ondol/version.hpp"
