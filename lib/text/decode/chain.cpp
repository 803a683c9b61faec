#include "text/decode/chain.hpp"

#include <span>

namespace ondol::text {

class DecoderChain::Stream final : public DecodeStream {
 public:
  explicit Stream(const DecoderChain& chain) : vocabulary_(chain.vocabulary_) {
    for (const DecodeStepKind& kind : chain.kinds_) steps_.push_back(kind());
    // Each step's way on, from the last to the first.
    next_.resize(steps_.size() + 1);
    next_.back() = [this](std::string text) { *out_ += text; };
    for (std::size_t i = steps_.size(); i-- > 0;) {
      next_[i] = [step = steps_[i].get(), on = &next_[i + 1]](std::string text) { step->token(std::move(text), *on); };
    }
  }
  void push(Token id, std::string& out) override {
    if (vocabulary_.type(id) == TokenType::unused) return;
    out_ = &out;
    next_.front()(std::string(vocabulary_.decoded(id)));
  }
  void finish(std::string& out) override {
    out_ = &out;
    for (std::size_t i = 0; i < steps_.size(); ++i) steps_[i]->finish(next_[i + 1]);
  }
  void in_middle() {
    for (const auto& step : steps_) step->in_middle();
  }

 private:
  const Vocabulary& vocabulary_;
  std::vector<std::unique_ptr<DecodeStep>> steps_;
  std::vector<DecodeStep::Next> next_;
  std::string* out_ = nullptr;
};

std::unique_ptr<DecodeStream> DecoderChain::stream() const { return std::make_unique<Stream>(*this); }

void DecoderChain::append(Token id, std::string& out) const {
  if (vocabulary_.type(id) == TokenType::control) return void(out += vocabulary_.text(id));
  Stream stream(*this);
  stream.in_middle();
  stream.push(id, out);
  stream.finish(out);
}

}  // namespace ondol::text
