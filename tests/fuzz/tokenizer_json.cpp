#include <algorithm>
#include <cstdlib>

#include "base/utf8.hpp"
#include "ondol/error.hpp"
#include "ondol/tokenizer.hpp"
#include "target.hpp"
#include "text/tokenizer_files.hpp"

namespace {

/// Encodes with and without offsets, streams back: the same ids, valid UTF-8, in pieces as in one.
void exercise(const ondol::Tokenizer& tokenizer, std::string_view text) {
  for (const bool parse : {false, true}) {
    const ondol::EncodeOptions options{.parse_special = parse};
    const auto ids = tokenizer.encode(text, options);
    const ondol::Encoding whole = tokenizer.encode_with_offsets(text, text.substr(text.size() / 2), options);
    if (tokenizer.encode_with_offsets(text, {}, options).ids != ids) std::abort();
    if (whole.offsets.size() != whole.ids.size()) std::abort();
    for (const auto unit : {ondol::StreamUnit::characters, ondol::StreamUnit::graphemes}) {
      ondol::Detokenizer stream(tokenizer, {}, unit);
      std::string joined;
      for (const ondol::Token id : ids) joined += stream.add(id);
      joined += stream.flush();
      if (!ondol::utf8_valid(joined) || joined != tokenizer.decode(ids)) std::abort();
    }
  }
  for (std::size_t id = 0; id < std::min<std::size_t>(tokenizer.size(), 300); ++id) {
    (void)tokenizer.token_bytes(ondol::Token(id));
  }
}

}  // namespace

/// The input is a tokenizer.json, and its end also a text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const ondol::Tokenizer tokenizer = ondol::text::read_tokenizer_json(bytes, "input");
    exercise(tokenizer, bytes.substr(bytes.size() - std::min<std::size_t>(size, 200)));
    exercise(tokenizer, "Ab \xEC\x98\xA8\xEB\x8F\x8C <s> [X] 12\n\xFF e\xCC\x81");
  } catch (const ondol::Error&) {
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {
      R"j({"added_tokens":[{"id":5,"content":"<s>","special":true},{"id":6,"content":"[X]","lstrip":true,"rstrip":true,
          "single_word":true,"normalized":true}],
          "normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"},{"type":"Strip"},
            {"type":"Replace","pattern":{"Regex":"[ab]+|\\d"},"content":"x"},{"type":"Prepend","prepend":"_"}]},
          "pre_tokenizer":{"type":"Sequence","pretokenizers":[
            {"type":"Split","pattern":{"Regex":"\\p{L}+|\\s+(?!\\S)"},"behavior":"MergedWithNext","invert":false},
            {"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":true}]},
          "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},
            {"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},
            {"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[5],"tokens":["<s>"]}}},
          "decoder":{"type":"ByteLevel"},
          "truncation":{"direction":"Right","max_length":9,"strategy":"LongestFirst","stride":1},
          "padding":{"strategy":{"Fixed":4},"direction":"Left","pad_id":0},
          "model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"x":3,"xx":4},"merges":["a b",["x","x"]],"unk_token":"a",
            "fuse_unk":true,"byte_fallback":true}})j",
      R"j({"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"},
          "post_processor":{"type":"BertProcessing","sep":["[SEP]",1],"cls":["[CLS]",0]},
          "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
          "model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[CLS]":0,"[SEP]":1,"[UNK]":2,"a":3,"##b":4,"1":5}}})j",
      R"j({"normalizer":{"type":"Nmt"},"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"},
          "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},
            {"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":1}]},
          "model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["▁",-1],["▁a",-2.5],["b",-3],
            ["<0xEC>",-9],["<0xFF>",-9]]}})j",
      R"j({"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"UnicodeScripts"},{"type":"FixedLength","length":2},
          {"type":"Punctuation","behavior":"Contiguous"},{"type":"CharDelimiterSplit","delimiter":" "}]},
          "decoder":{"type":"CTC","pad_token":"a","word_delimiter_token":"|"},
          "model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0,"b":1,"12":2}}})j",
  };
}
