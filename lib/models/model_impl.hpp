#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "models/heads/head.hpp"
#include "models/heads/sentence.hpp"
#include "models/transformer.hpp"
#include "ondol/model.hpp"
#include "runtime/state.hpp"

namespace ondol {

/// A part of a model that may be missing or unusable while the rest works: holds it, or why not.
template <class T>
class Optional {
 public:
  template <class Make>
  void make(Make&& make_it) {
    try {
      value_ = make_it();
    } catch (const Error& e) {
      if (e.code() == Status::bad_file || e.code() == Status::out_of_memory) throw;
      reason_ = std::current_exception();
    }
  }
  [[nodiscard]] bool has() const noexcept { return value_.has_value(); }
  [[nodiscard]] const T& get() const {
    if (!value_) std::rethrow_exception(reason_);
    return *value_;
  }

 private:
  std::optional<T> value_;
  std::exception_ptr reason_;
};

/// What the handles of a model share.
struct Model::Impl {
  explicit Impl(Runtime with) : runtime(std::move(with)) {}

  Runtime runtime;
  ModelInfo info;
  std::unique_ptr<Transformer> network;
  std::unique_ptr<Transformer> encoder;  ///< of an encoder-decoder
  std::unique_ptr<Head> head;            ///< for labels; may be null
  std::shared_ptr<const CacheLayout> layout;
  std::shared_ptr<const CacheLayout> encoder_layout;
  GenerationDefaults defaults;
  Optional<SentenceHead> sentence;
  Optional<Tokenizer> tokenizer;
  Optional<ChatTemplate> chat_template;

  [[nodiscard]] Compute compute(Runtime::State::Turn& turn) const {
    return {turn.pool(), kernels(runtime.state()->isa), turn.arena()};
  }
  void check_ids(std::span<const Token> ids) const {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= info.vocabulary) {
        fail(Status::invalid_argument,
             fmt::format("token {} at index {}: expected 0 .. {}", ids[i], i, info.vocabulary - 1));
      }
    }
  }
  /// The stack that reads whole texts; null in a decoder.
  [[nodiscard]] const Transformer* reader() const noexcept {
    return info.kind == ModelKind::encoder ? network.get() : encoder.get();
  }
  void require_language_head() const;
  void check_texts(std::span<const WholeText> texts) const;
  void check_output(Output output) const;
  [[nodiscard]] Tensor finish(const WholeText& text, const float* rows, Output output, Compute& compute) const;
  /// Calls use(index, rows behind the last norm) for each text, in the arena.
  template <class Use>
  void read_all(std::span<const WholeText> texts, const std::stop_token& stop, Progress* progress, Compute& compute,
                Use&& use) const;
  void check_steps(std::span<const Step> steps) const;
  void run_pass(std::span<const Segment> segments, std::span<const std::size_t> step_of,
                std::span<const std::size_t> offset_of, std::span<const Step> steps, std::vector<StepOutput>& outputs,
                const std::stop_token& stop, Compute& compute) const;
};

}  // namespace ondol
