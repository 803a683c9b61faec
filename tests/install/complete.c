#include <ondol.h>
#include <stdio.h>

int main(int argc, char** argv) {
  ondol_model* model = NULL;
  ondol_prompt* prompt = NULL;
  ondol_generation* generation = NULL;
  const ondol_piece* piece = NULL;
  ondol_error* error = NULL;
  ondol_status status = argc == 2 ? ONDOL_OK : ONDOL_INVALID_ARGUMENT;
  if (status == ONDOL_OK) status = ondol_model_load(NULL, argv[1], -1, NULL, 0, NULL, &model, &error);
  if (status == ONDOL_OK) status = ondol_prompt_text("Once upon a time", -1, &prompt, &error);
  if (status == ONDOL_OK) {
    status = ondol_model_generate(model, NULL, prompt, "{\"max_tokens\":50}", -1, NULL, &generation, &error);
  }
  if (status == ONDOL_OK) printf("Once upon a time");
  while (status == ONDOL_OK && !(status = ondol_generation_next(generation, &piece, &error)) && piece) {
    fwrite(ondol_piece_text(piece), 1, (size_t)ondol_piece_size(piece), stdout);
  }
  if (status != ONDOL_OK) fprintf(stderr, "%s\n", ondol_error_message(error));
  ondol_error_free(error);
  ondol_generation_free(generation);
  ondol_prompt_free(prompt);
  ondol_model_free(model);
  return status == ONDOL_OK ? 0 : 1;
}
