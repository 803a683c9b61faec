/* Uses everything, frees nothing, ends: a host must be able to do that. Says "done" to stay honest. */
#include <stdio.h>

#include "ondol.h"

/* Reachable to the end, or leak checkers would complain. */
static ondol_model* model;
static ondol_prompt* prompt;
static ondol_generation* generation;
static ondol_cache* cache;

int main(int argc, char** argv) {
  const ondol_piece* piece = NULL;
  if (argc != 2 || ondol_model_load(NULL, argv[1], -1, "{\"threads\":2}", -1, NULL, &model, NULL) ||
      ondol_cache_new(model, &cache, NULL) || ondol_prompt_text("Once", -1, &prompt, NULL) ||
      ondol_model_generate(model, cache, prompt, "{\"max_tokens\":50}", -1, NULL, &generation, NULL)) {
    return 1;
  }
  for (int i = 0; i < 5; ++i) {
    if (ondol_generation_next(generation, &piece, NULL)) return 2;
  }
  puts("done");
  return 0;
}
