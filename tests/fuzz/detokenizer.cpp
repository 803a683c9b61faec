#include <array>
#include <cstdlib>

#include "base/utf8.hpp"
#include "ondol/tokenizer.hpp"
#include "target.hpp"
#include "text/tokenizer_files.hpp"

namespace {

constexpr std::array decoders = {
    R"({"type":"ByteLevel"})",
    R"({"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},
        {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":1}]})",
    R"({"type":"WordPiece","prefix":"##","cleanup":true})",
    R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"always"})",
    R"({"type":"BPEDecoder","suffix":"</w>"})",
    R"({"type":"CTC","pad_token":"<pad>","word_delimiter_token":"|"})",
    "null",
};

/// Every byte as GPT-2 spells it and as a byte token, and pieces that the decoders' rules are about.
ondol::Tokenizer make(const char* decoder) {
  std::string tokens =
      R"("▁":0,"▁a":1,"##b":2,"a</w>":3,"<pad>":4,"|":5," .":6," ":7,"온":8,"\u0301":9,"👩":10,"\u200d":11)";
  for (int b = 0; b < 256; ++b) {
    const char* hex = "0123456789ABCDEF";
    const bool prints = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    std::string spelled;
    ondol::utf8_append(spelled, char32_t(prints ? b : 0x100 + b));
    if (spelled == "\"" || spelled == "\\") spelled.insert(0, "\\");
    if (spelled != "|") tokens += ",\"" + spelled + "\":" + std::to_string(12 + b);
    tokens += std::string(",\"<0x") + hex[b / 16] + hex[b % 16] + ">\":" + std::to_string(268 + b);
  }
  const std::string json = std::string(R"({"added_tokens":[{"id":4,"content":"<pad>","special":true}],"decoder":)") +
                           decoder + R"(,"model":{"type":"WordLevel","unk_token":"|","vocab":{)" + tokens + "}}}";
  return ondol::text::read_tokenizer_json(json, "made");
}

}  // namespace

/// The input is tokens, two bytes each: streamed, they are what they are decoded at once, and whole units only.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto tokenizers = [] {
    std::vector<ondol::Tokenizer> made;
    for (const char* decoder : decoders) made.push_back(make(decoder));
    return made;
  }();
  for (const ondol::Tokenizer& tokenizer : tokenizers) {
    std::vector<ondol::Token> ids;
    for (std::size_t i = 0; i + 1 < size; i += 2) {
      ids.push_back(ondol::Token((data[i] << 8 | data[i + 1]) % tokenizer.size()));
    }
    for (const bool skip : {false, true}) {
      const ondol::DecodeOptions options{.skip_special = skip};
      const std::string whole = tokenizer.decode(ids, options), bytes = tokenizer.decode_bytes(ids, options);
      for (const auto unit : {ondol::StreamUnit::characters, ondol::StreamUnit::graphemes, ondol::StreamUnit::bytes}) {
        ondol::Detokenizer stream(tokenizer, options, unit);
        std::string joined;
        for (const ondol::Token id : ids) {
          const std::string piece = stream.add(id);
          if (unit != ondol::StreamUnit::bytes && !ondol::utf8_valid(piece)) std::abort();
          joined += piece;
        }
        joined += stream.flush();
        if (joined != (unit == ondol::StreamUnit::bytes ? bytes : whole)) std::abort();
      }
    }
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  std::string pieces, korean;
  for (char i = 0; i < 12; ++i) pieces += std::string({'\0', i});
  for (const unsigned char c : std::string("온돌 é")) {
    const unsigned id = 268 + c;
    korean += char(id >> 8);
    korean += char(id & 0xFF);
  }
  // Two beginnings of a character behind each other: the first is one broken character, the second another.
  std::string broken;
  for (const unsigned id : {268u + 0xE8, 268u + 0xB0, 268u + 0xE8, 244u, 188u, 244u}) {
    broken += char(id >> 8);
    broken += char(id & 0xFF);
  }
  return {pieces, korean, pieces + korean + pieces, broken};
}
