// Asks a model one question and streams the answer: chat MODEL.gguf [QUESTION]
#include <iostream>
#include <ondol/ondol.hpp>

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: " << argv[0] << " MODEL.gguf [QUESTION]\n";
    return 2;
  }
  ondol::Chat chat(ondol::Model::load(argv[1]));
  chat.add("user", argc > 2 ? argv[2] : "What is the capital of France?");
  ondol::Generation reply = chat.reply();
  for (const ondol::Piece& piece : reply) std::cout << piece.text << std::flush;
  std::cout << '\n';
} catch (const ondol::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
