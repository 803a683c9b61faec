/* Asks a model one question and streams the answer: chat MODEL.gguf [QUESTION] */
#include <ondol.h>
#include <stdio.h>

static int ask(const char* path, const char* question, ondol_error** error) {
  ondol_model* model = NULL;
  ondol_chat* chat = NULL;
  ondol_generation* reply = NULL;
  const ondol_piece* piece = NULL;

  int failed = ondol_model_load(NULL, path, -1, NULL, 0, NULL, &model, error) || ondol_chat_new(model, &chat, error) ||
               ondol_chat_add(chat, "user", -1, question, -1, error) ||
               ondol_chat_reply(chat, NULL, 0, NULL, &reply, error);
  while (!failed && !(failed = ondol_generation_next(reply, &piece, error)) && piece) {
    fwrite(ondol_piece_text(piece), 1, (size_t)ondol_piece_size(piece), stdout);
    fflush(stdout);
  }
  if (!failed) puts("");

  ondol_generation_free(reply);
  ondol_chat_free(chat);
  ondol_model_free(model);
  return failed;
}

int main(int argc, char** argv) {
  ondol_error* error = NULL;
  if (argc < 2) {
    fprintf(stderr, "usage: %s MODEL.gguf [QUESTION]\n", argv[0]);
    return 2;
  }
  if (ask(argv[1], argc > 2 ? argv[2] : "What is the capital of France?", &error)) {
    fprintf(stderr, "%s\n", ondol_error_message(error));
    ondol_error_free(error);
    return 1;
  }
  return 0;
}
