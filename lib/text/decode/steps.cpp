#include "text/decode/steps.hpp"

#include <algorithm>
#include <array>

#include "base/utf8.hpp"
#include "text/characters.hpp"
#include "text/decode/byte_level.hpp"

namespace ondol::text {
namespace {

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = text.find(from); at != text.npos && !from.empty(); at = text.find(from, done)) {
    out.append(text.substr(done, at - done)).append(to);
    done = at + from.size();
  }
  return out.append(text.substr(done));
}

/// A step that makes one token of each, whatever stands around it.
template <class Function>
DecodeStepKind each(Function function) {
  class Each final : public DecodeStep {
   public:
    explicit Each(std::shared_ptr<const Function> function) : function_(std::move(function)) {}
    void token(std::string text, const Next& next) override { next((*function_)(std::move(text))); }

   private:
    std::shared_ptr<const Function> function_;
  };
  return [shared = std::make_shared<const Function>(std::move(function))] { return std::make_unique<Each>(shared); };
}

/// English punctuation without the space before it; the order of the replacements is the reference's.
std::string cleaned(std::string text) {
  constexpr auto rules = std::to_array<std::pair<std::string_view, std::string_view>>({
      {" .", "."},
      {" ?", "?"},
      {" !", "!"},
      {" ,", ","},
      {" ' ", "'"},
      {" n't", "n't"},
      {" 'm", "'m"},
      {" do not", " don't"},
      {" 's", "'s"},
      {" 've", "'ve"},
      {" 're", "'re"},
  });
  for (const auto& [from, to] : rules) text = replaced(text, from, to);
  return text;
}

std::size_t leading(std::string_view text, std::string_view character, std::size_t most) {
  std::size_t n = 0;
  while (n < most && text.substr(n * character.size()).starts_with(character)) ++n;
  return n * character.size();
}

std::size_t trailing(std::string_view text, std::string_view character, std::size_t most) {
  std::size_t bytes = 0;
  for (std::size_t n = 0; n < most && text.substr(0, text.size() - bytes).ends_with(character); ++n) {
    bytes += character.size();
  }
  return bytes;
}

std::string spelled(char32_t c) {
  std::string text;
  utf8_append(text, c);
  return text;
}

class StripFused final : public DecodeStep {
 public:
  StripFused(std::string character, std::size_t start, std::size_t stop)
      : character_(std::move(character)), start_(start), stop_(stop), left_(start) {}
  void token(std::string text, const Next& next) override {
    held_ += text;
    while (left_ > 0 && held_.starts_with(character_)) {
      held_.erase(0, character_.size());
      --left_;
    }
    if (left_ > 0 && character_.starts_with(held_)) return;
    left_ = 0;
    // The end may turn out to be the text's.
    std::size_t keep = trailing(held_, character_, stop_);
    for (std::size_t part = 1; stop_ > 0 && part < character_.size(); ++part) {
      if (held_.ends_with(character_.substr(0, part)))
        keep = part + trailing(held_.substr(0, held_.size() - part), character_, stop_);
    }
    next(held_.substr(0, held_.size() - keep));
    held_.erase(0, held_.size() - keep);
  }
  void finish(const Next& next) override {
    held_.resize(held_.size() - trailing(held_, character_, stop_));
    next(std::move(held_));
    held_.clear();
    left_ = start_;
  }
  void in_middle() override { left_ = stop_ = 0; }

 private:
  std::string character_;
  std::size_t start_, stop_;
  std::size_t left_;  // that may still be dropped at the start
  std::string held_;
};

class Gather final : public DecodeStep {
 public:
  void token(std::string text, const Next& /*next*/) override { held_ += text; }
  void finish(const Next& next) override { next(std::exchange(held_, {})); }

 private:
  std::string held_;
};

class WordPieceStep final : public DecodeStep {
 public:
  WordPieceStep(std::string prefix, bool cleanup) : prefix_(std::move(prefix)), cleanup_(cleanup) {}
  void token(std::string text, const Next& next) override {
    if (!first_) {
      if (text.starts_with(prefix_))
        text.erase(0, prefix_.size());
      else
        text.insert(0, " ");
    }
    first_ = false;
    next(cleanup_ ? cleaned(std::move(text)) : std::move(text));
  }
  void finish(const Next& /*next*/) override { first_ = true; }
  void in_middle() override { first_ = cleanup_ = false; }

 private:
  std::string prefix_;
  bool cleanup_;
  bool first_ = true;
};

class MetaspaceStep final : public DecodeStep {
 public:
  MetaspaceStep(std::string blank, bool prepended) : blank_(std::move(blank)), prepended_(prepended) {}
  void token(std::string text, const Next& next) override {
    next(replaced(text, blank_, first_ && prepended_ ? "" : " "));
    first_ = false;
  }
  void finish(const Next& /*next*/) override { first_ = true; }
  void in_middle() override { first_ = false; }

 private:
  std::string blank_;
  bool prepended_;
  bool first_ = true;
};

class WordEnd final : public DecodeStep {
 public:
  explicit WordEnd(std::string suffix) : suffix_(std::move(suffix)) {}
  void token(std::string text, const Next& next) override {
    if (held_) next(replaced(*held_, suffix_, " "));
    held_ = std::move(text);
  }
  void finish(const Next& next) override {
    if (held_) next(replaced(*held_, suffix_, in_middle_ ? " " : ""));
    held_.reset();
  }
  void in_middle() override { in_middle_ = true; }

 private:
  std::string suffix_;
  std::optional<std::string> held_;
  bool in_middle_ = false;
};

class Ctc final : public DecodeStep {
 public:
  Ctc(std::string pad, std::string delimiter, bool cleanup)
      : pad_(std::move(pad)), delimiter_(std::move(delimiter)), cleanup_(cleanup) {}
  void token(std::string text, const Next& next) override {
    if (last_ == text) return;
    last_ = text;
    text = replaced(text, pad_, "");
    if (cleanup_) text = replaced(cleaned(std::move(text)), delimiter_, " ");
    if (!text.empty()) next(std::move(text));
  }
  void finish(const Next& /*next*/) override { last_.reset(); }

 private:
  std::string pad_, delimiter_;
  bool cleanup_;
  std::optional<std::string> last_;
};

class Join final : public DecodeStep {
 public:
  explicit Join(std::string separator) : separator_(std::move(separator)) {}
  void token(std::string text, const Next& next) override {
    next(first_ ? std::move(text) : separator_ + text);
    first_ = false;
  }
  void finish(const Next& /*next*/) override { first_ = true; }
  void in_middle() override { first_ = false; }

 private:
  std::string separator_;
  bool first_ = true;
};

}  // namespace

DecodeStepKind replace_step(std::string from, std::string to) {
  return each([from = std::move(from), to = std::move(to)](std::string text) { return replaced(text, from, to); });
}

DecodeStepKind replace_step(Regex pattern, std::string to) {
  return each([pattern = std::move(pattern), to = std::move(to)](std::string text) {
    if (!utf8_valid(text)) return text;
    std::string out;
    std::size_t done = 0;
    Regex::Search search(pattern, text);
    while (const auto match = search.next()) {
      out.append(text, done, match->begin - done).append(to);
      done = match->end;
    }
    return out.append(text, done);
  });
}

DecodeStepKind byte_fallback_step() {
  return each([](std::string text) {
    const auto byte = byte_of(text);
    return byte ? std::string(1, char(*byte)) : text;
  });
}

DecodeStepKind strip_step(char32_t character, std::size_t start, std::size_t stop) {
  return each([c = spelled(character), start, stop](std::string text) {
    text.erase(0, leading(text, c, start));
    text.resize(text.size() - trailing(text, c, stop));
    return text;
  });
}

DecodeStepKind strip_fused_step(char32_t character, std::size_t start, std::size_t stop) {
  return [c = spelled(character), start, stop] { return std::make_unique<StripFused>(c, start, stop); };
}

DecodeStepKind gather_step() {
  return [] { return std::make_unique<Gather>(); };
}

DecodeStepKind word_piece_step(std::string prefix, bool cleanup) {
  return [prefix = std::move(prefix), cleanup] { return std::make_unique<WordPieceStep>(prefix, cleanup); };
}

DecodeStepKind metaspace_step(std::string blank, bool prepended) {
  return [blank = std::move(blank), prepended] { return std::make_unique<MetaspaceStep>(blank, prepended); };
}

DecodeStepKind word_end_step(std::string suffix) {
  return [suffix = std::move(suffix)] { return std::make_unique<WordEnd>(suffix); };
}

DecodeStepKind ctc_step(std::string pad, std::string delimiter, bool cleanup) {
  return [pad = std::move(pad), delimiter = std::move(delimiter), cleanup] {
    return std::make_unique<Ctc>(pad, delimiter, cleanup);
  };
}

DecodeStepKind byte_level_step() {
  return each([](std::string text) {
    std::string bytes;
    append_unspelled(text, bytes);
    return bytes;
  });
}

DecodeStepKind join_step(std::string separator) {
  return [separator = std::move(separator)] { return std::make_unique<Join>(separator); };
}

}  // namespace ondol::text
