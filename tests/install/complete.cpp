#include <iostream>
#include <ondol/ondol.hpp>

int main(int argc, char** argv) try {
  if (argc != 2) return 1;
  const ondol::Model model = ondol::Model::load(argv[1]);
  std::cout << "Once upon a time";
  for (const ondol::Piece& piece : ondol::generate(model, "Once upon a time", {.max_tokens = 50})) {
    std::cout << piece.text;
  }
} catch (const ondol::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
