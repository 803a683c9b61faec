#include "text/split/pre_tokenizers.hpp"

#include <array>

#include "text/split/splitters.hpp"

namespace ondol::text {
namespace {

// Patterns are those of the models' own tokenizer files, except where a note says how the same cuts are made in linear
// time. The names are llama.cpp's (`tokenizer.ggml.pre`).

#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define UPPER R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"
#define LOWER R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])"
#define BLANKS R"(|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define ONE_OTHER R"([^\r\n\p{L}\p{N}]?)"

constexpr SplitStep gpt2_step{R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"};
constexpr SplitStep single_digits{R"(\p{N})"};
constexpr SplitStep three_digits{R"(\p{N}{1,3})"};
constexpr SplitStep cjk_runs{R"([一-龥぀-ゟ゠-ヿ]+)"};
constexpr SplitStep o200k_step{ONE_OTHER UPPER "*" LOWER "+" CONTRACTIONS "?|" ONE_OTHER UPPER "+" LOWER
                                               "*" CONTRACTIONS R"(?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" BLANKS};
constexpr SplitStep qwen2_step{CONTRACTIONS "|" ONE_OTHER R"(\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)" BLANKS};
constexpr SplitStep deepseek3_step{
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*)" BLANKS};

constexpr std::array gpt2 = {gpt2_step};
constexpr std::array digits_gpt2 = {single_digits, gpt2_step};
constexpr std::array llama3 = {
    SplitStep{CONTRACTIONS "|" ONE_OTHER R"(\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)" BLANKS}};
constexpr std::array qwen2 = {qwen2_step};
constexpr std::array qwen35 = {
    SplitStep{CONTRACTIONS "|" ONE_OTHER R"([\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*)" BLANKS}};
constexpr std::array o200k = {o200k_step};
constexpr std::array tekken = {
    SplitStep{ONE_OTHER UPPER "*" LOWER "+|" ONE_OTHER UPPER "+" LOWER R"(*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" BLANKS}};
constexpr std::array falcon = {SplitStep{R"([\p{P}\$\+<=>\^~\|`]+)"}, gpt2_step, SplitStep{"[0-9][0-9][0-9]"}};
constexpr std::array default_steps = {SplitStep{R"([\p{P}\$\+<=>\^~\|]+)"}, gpt2_step, SplitStep{R"(\p{N}+)"},
                                      SplitStep{"[0-9][0-9][0-9]"}};
constexpr std::array deepseek_llm = {
    SplitStep{R"([\r\n])"},
    SplitStep{R"(\s?[)"
              R"(A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293})"
              R"(\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C})"
              R"(\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5})"
              R"(\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B})"
              R"(\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45})"
              R"(\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4})"
              R"(\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB})"
              R"(\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115})"
              R"(\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139})"
              R"(\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4})"
              R"(\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F})"
              R"(\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17})"
              R"(\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB})"
              R"(\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943})"
              R"(]+)"},
    SplitStep{R"(\s?[!-/:-~！-／：-～‘-‟　-。]+)"},
    // The original is `\s+$`, quadratic in a run of blanks that ends elsewhere; the next search starts behind the run.
    SplitStep{R"(\s++(?:\z|(*SKIP)(*FAIL)))"}, SplitStep{R"([一-龥ࠀ-一가-퟿]+)"}, single_digits};
constexpr std::array deepseek_coder = {SplitStep{R"([\r\n])"}, SplitStep{R"(\s?\p{L}+)"}, SplitStep{R"(\s?\p{P}+)"},
                                       SplitStep{R"([一-龥ࠀ-一가-퟿]+)"}, single_digits};
constexpr std::array deepseek3 = {three_digits, cjk_runs, deepseek3_step};
constexpr std::array youtu = {
    SplitStep{
        R"([가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+)"},
    SplitStep{ONE_OTHER UPPER "*" LOWER "+" CONTRACTIONS "?|" ONE_OTHER UPPER "+" LOWER "*" CONTRACTIONS
                              R"(?|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" BLANKS}};
constexpr std::array bloom = {SplitStep{R"( ?[^(\s|.,!?…。，、।۔،)]+)"}};
constexpr std::array viking = {SplitStep{R"( ?[^(\s|.,!?…。，、।۔،)]+)"}, single_digits};
// The original ends in `\s{512}(?!\S)|\s{256}(?!\S)| … |\s{1,2}(?!\S)|\s{1}`, and looks for a newline before each of
// these: here a run of blanks is one piece first, and cut by length then (all other pieces are skipped).
constexpr std::array jais2 = {
    SplitStep{CONTRACTIONS "|" ONE_OTHER R"(\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s)"},
    SplitStep{
        R"(^\s*+(?:\S|(?<=[\r\n]))(?s:.*+)(*SKIP)(*FAIL)|\s{512}|\s{256}|\s{128}|\s{64}|\s{32}|\s{16}|\s{8}|\s{4})"
        R"(|\s{1,2})"}};
constexpr std::array chameleon = {SplitStep{"<sentinel:[0-9]+>"},       SplitStep{"IMGIMG[A-I]{1,4}Z"},
                                  SplitStep{R"([\t\n]|    |  )"},       single_digits,
                                  SplitStep{R"([\p{P}!-/:-@\[-`{-~])"}, gpt2_step};
// The original is `\d{1,3}(?=(?:\d{3})*\b)`, quadratic in a run of digits: a run that ends at a word border, in threes.
constexpr std::array tiny_aya = {SplitStep{R"(\d++(?:(?![\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}Ⓐ-ⓩ²³¹¼-¾])|(*SKIP)(*FAIL)))"},
                                 SplitStep{R"(^\d+\z)", SplitKind::digit_threes}, o200k_step};
// The original's second step is `(?=(\d{3})+(?!\d))`, likewise.
constexpr std::array superbpe = {SplitStep{R"(\p{N}+)"}, SplitStep{R"(\d+)", SplitKind::digit_threes}};
constexpr std::array afmoe = {
    SplitStep{R"(\p{N}+)"}, SplitStep{R"(\p{N}+)", SplitKind::digit_threes},
    SplitStep{
        R"([一-鿿㐀-䶿\x{F900}-\x{FAFF}぀-ゟ゠-ヿ･-ﾟ⼀-⿟เ-๿຀-໿ក-៿က-႟ꩠ-ꩿꧠ-꧿가-힯ᄀ-ᇿ]+)"},
    deepseek3_step};
constexpr std::array bailing = {SplitStep{
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"}};
constexpr std::array seed_coder = {
    SplitStep{CONTRACTIONS "|" ONE_OTHER R"(\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+)" BLANKS}};
// The group repeats without a choice, so that it may be possessive and needs no stack.
constexpr std::array exaone_moe = {SplitStep{
    CONTRACTIONS "|" ONE_OTHER
                 R"((?:\p{L}\p{M}*+(?: \p{L}\p{M}*+)*+)++|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)"}};
// `[…&&[^\p{Han}]]` of the original is a look-ahead here.
#define NOT_HAN(set) "(?:(?!\\p{Han})" set ")"
constexpr std::array kimi_k2 = {
    SplitStep{R"(\p{Han}+|)" ONE_OTHER NOT_HAN(UPPER) "*" NOT_HAN(LOWER) "+" CONTRACTIONS "?|" ONE_OTHER NOT_HAN(
        UPPER) "+" NOT_HAN(LOWER) "*" CONTRACTIONS R"(?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)" BLANKS}};
constexpr std::array laguna = {SplitStep{R"([^\n]+|\n+)"}, qwen2_step};
constexpr std::array minicpm5 = {
    three_digits, SplitStep{CONTRACTIONS "|" ONE_OTHER R"(\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*)" BLANKS}};

// Of names with one meaning the first is the one that files are written with: it is the one known longest.
constexpr std::array kinds = std::to_array<PreTokenizerKind>({
    {.name = "default", .steps = default_steps},
    {.name = "llama-bpe", .steps = llama3, .ignore_merges = true, .adds_bos = true},
    {.name = "llama3", .steps = llama3, .ignore_merges = true, .adds_bos = true},
    {.name = "llama-v3", .steps = llama3, .ignore_merges = true, .adds_bos = true},
    {.name = "falcon3", .steps = llama3, .ignore_merges = true, .adds_bos = true},
    {.name = "falcon-h1", .steps = llama3, .ignore_merges = true, .adds_bos = true},
    {.name = "pixtral", .steps = llama3, .ignore_merges = true, .adds_bos = true},
    {.name = "midm-2.0", .steps = llama3, .ignore_merges = true, .adds_bos = true},
    {.name = "lfm2", .steps = llama3, .ignore_merges = true, .adds_bos = true},
    {.name = "jina-v5-nano", .steps = llama3, .ignore_merges = true, .adds_bos = true},
    {.name = "dbrx", .steps = llama3},
    {.name = "smaug-bpe", .steps = llama3},
    {.name = "glm4", .steps = llama3},
    {.name = "chatglm-bpe", .steps = llama3},
    {.name = "jais-2", .steps = jais2},
    {.name = "gpt-2", .steps = gpt2},
    {.name = "phi-2", .steps = gpt2},
    {.name = "jina-es", .steps = gpt2},
    {.name = "jina-de", .steps = gpt2},
    {.name = "jina-v1-en", .steps = gpt2},
    {.name = "jina-v2-es", .steps = gpt2},
    {.name = "jina-v2-de", .steps = gpt2},
    {.name = "jina-v2-code", .steps = gpt2},
    {.name = "roberta-bpe", .steps = gpt2},
    {.name = "gigachat", .steps = gpt2},
    {.name = "a.x-4.0", .steps = gpt2},
    {.name = "mellum", .steps = gpt2},
    {.name = "exaone4", .steps = gpt2},
    {.name = "jais", .steps = gpt2},
    {.name = "trillion", .steps = gpt2},
    {.name = "granite-docling", .steps = gpt2},
    {.name = "olmo", .steps = gpt2, .nfc = true},
    {.name = "modern-bert", .steps = gpt2, .nfc = true},
    {.name = "mpt", .steps = gpt2, .nfc = true},
    {.name = "starcoder", .steps = digits_gpt2},
    {.name = "refact", .steps = digits_gpt2},
    {.name = "smollm", .steps = digits_gpt2},
    {.name = "codeshell", .steps = digits_gpt2},
    {.name = "exaone", .steps = digits_gpt2},
    {.name = "minerva-7b", .steps = digits_gpt2},
    {.name = "mellum2", .steps = digits_gpt2},
    {.name = "command-r", .steps = digits_gpt2, .nfc = true},
    {.name = "qwen2", .steps = qwen2, .nfc = true},
    {.name = "deepseek-r1-qwen", .steps = qwen2, .nfc = true},
    {.name = "megrez", .steps = qwen2, .nfc = true},
    {.name = "f2llmv2", .steps = qwen2, .nfc = true},
    {.name = "stablelm2", .steps = qwen2, .nfc = true},
    {.name = "hunyuan", .steps = qwen2},
    {.name = "kormo", .steps = qwen2},
    {.name = "solar-open", .steps = qwen2},
    {.name = "grok-2", .steps = qwen2},
    {.name = "qwen35", .steps = qwen35, .nfc = true},
    {.name = "gpt-4o", .steps = o200k},
    {.name = "llama4", .steps = o200k},
    {.name = "kanana2", .steps = o200k},
    {.name = "talkie", .steps = o200k},
    {.name = "minimax-m2", .steps = o200k},
    {.name = "granite-embed-multi-97m", .steps = o200k, .ignore_merges = true},
    {.name = "tiny_aya", .steps = tiny_aya},
    {.name = "cohere2moe", .steps = tiny_aya},
    {.name = "tekken", .steps = tekken, .ignore_merges = true, .adds_bos = true},
    {.name = "falcon", .steps = falcon},
    {.name = "deepseek-llm", .steps = deepseek_llm},
    {.name = "deepseek-coder", .steps = deepseek_coder},
    {.name = "deepseek-v3", .steps = deepseek3},
    {.name = "hunyuan-dense", .steps = deepseek3},
    {.name = "joyai-llm", .steps = deepseek3},
    {.name = "youtu", .steps = youtu, .ignore_merges = true},
    {.name = "poro-chat", .steps = bloom},
    {.name = "bloom", .steps = bloom},
    {.name = "gpt3-finnish", .steps = bloom},
    {.name = "viking", .steps = viking},
    {.name = "chameleon", .steps = chameleon, .adds_bos = true},
    {.name = "superbpe", .steps = superbpe},
    {.name = "afmoe", .steps = afmoe},
    {.name = "bailingmoe", .steps = bailing},
    {.name = "bailingmoe2", .steps = bailing},
    {.name = "llada-moe", .steps = bailing},
    {.name = "seed-coder", .steps = seed_coder},
    {.name = "exaone-moe", .steps = exaone_moe},
    {.name = "kimi-k2", .steps = kimi_k2},
    {.name = "laguna", .steps = laguna},
    {.name = "minicpm5", .steps = minicpm5, .ignore_merges = true},
    {.name = "gemma4", .steps = {}, .characters = true},
    {.name = "granite-embed-multi-311m", .steps = {}, .characters = true},
    {.name = "sarvam-moe", .steps = {}, .characters = true},
});

}  // namespace

std::span<const PreTokenizerKind> pre_tokenizer_kinds() noexcept { return kinds; }

std::vector<std::unique_ptr<PreTokenizer>> make_pre_tokenizers(std::span<const SplitStep> steps) {
  std::vector<std::unique_ptr<PreTokenizer>> made;
  for (const SplitStep& step : steps) {
    Regex pattern(step.pattern);
    if (step.kind == SplitKind::matches)
      made.push_back(std::make_unique<Split>(std::move(pattern), Behaviour::isolated));
    else
      made.push_back(std::make_unique<DigitThrees>(std::move(pattern)));
  }
  return made;
}

const PreTokenizerKind* find_pre_tokenizer(std::string_view name) noexcept {
  for (const PreTokenizerKind& kind : kinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace ondol::text
