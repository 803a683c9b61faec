#pragma once

#include <string>

#include "chat/jinja/native.hpp"
#include "chat/jinja/value.hpp"

namespace ondol::jinja {

class Range final : public Object {
 public:
  /// @param size  number of items, as Python computes it from the rest
  Range(std::int64_t start, std::int64_t stop, std::int64_t step, std::size_t size)
      : start_(start), stop_(stop), step_(step), size_(size) {}
  [[nodiscard]] std::string_view type_name() const noexcept override { return "range"; }
  void append_repr(TextBuilder& out) const override;
  [[nodiscard]] std::optional<Value> attribute(Interpreter& in, std::string_view name) override;
  [[nodiscard]] bool iterable() const noexcept override { return true; }
  Values items(Interpreter& in) override;
  [[nodiscard]] std::optional<std::size_t> length() override { return size_; }
  [[nodiscard]] bool truth() override { return size_ > 0; }
  [[nodiscard]] bool equals(const Object& other) const override;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] Value at(std::size_t i) const noexcept { return start_ + static_cast<std::int64_t>(i) * step_; }
  [[nodiscard]] Value slice(std::int64_t from, std::int64_t to, std::int64_t step, std::size_t count) const;

 private:
  std::int64_t start_;
  std::int64_t stop_;
  std::int64_t step_;
  std::size_t size_;
};

/// Items that can be had once.
class Generator final : public Object {
 public:
  Generator(Values items, std::string_view type)
      : items_(std::move(items)), depth_(depth_around(items_)), type_(type) {}
  [[nodiscard]] std::string_view type_name() const noexcept override { return type_; }
  [[nodiscard]] bool iterable() const noexcept override { return true; }
  Values items(Interpreter& in) override;
  /// The next item, if there is one.
  std::optional<Value> next();
  [[nodiscard]] std::uint32_t depth() const noexcept override { return depth_; }

 private:
  Values items_;
  std::size_t used_ = 0;
  std::uint32_t depth_;
  std::string_view type_;
};

/// keys(), values() or items() of a dict.
class DictView final : public Object {
 public:
  enum class Part : std::uint8_t { keys, values, items };
  DictView(DictPtr dict, Part part) : dict_(std::move(dict)), part_(part) {}
  [[nodiscard]] std::string_view type_name() const noexcept override;
  void append_repr(TextBuilder& out) const override;
  [[nodiscard]] bool iterable() const noexcept override { return true; }
  Values items(Interpreter& in) override {
    (void)in;
    return list();
  }
  [[nodiscard]] std::optional<std::size_t> length() override { return dict_->size(); }
  [[nodiscard]] bool truth() override { return dict_->size() > 0; }
  [[nodiscard]] bool equals(const Object& other) const override;
  [[nodiscard]] std::uint32_t depth() const noexcept override { return dict_->depth() + 1; }
  [[nodiscard]] std::uint64_t weight() const noexcept override { return dict_->weight(); }

 private:
  [[nodiscard]] Values list() const;
  DictPtr dict_;
  Part part_;
};

/// namespace(): the one thing a template can change. Lives in the interpreter's list, which breaks cycles at the end.
class Namespace final : public Object {
 public:
  [[nodiscard]] std::string_view type_name() const noexcept override { return "Namespace"; }
  void append_repr(TextBuilder& out) const override;
  [[nodiscard]] std::optional<Value> attribute(Interpreter& in, std::string_view name) override;
  void set(std::string_view name, Value value) { attributes_.set(Value::source(std::string(name)), std::move(value)); }
  void clear() { attributes_ = {}; }

 private:
  Dict attributes_;
  mutable bool shown_ = false;  // inside append_repr: a namespace may hold itself
};

class Cycler final : public Object {
 public:
  explicit Cycler(Values items) : items_(std::move(items)), depth_(depth_around(items_)) {}
  [[nodiscard]] std::string_view type_name() const noexcept override { return "Cycler"; }
  [[nodiscard]] std::optional<Value> attribute(Interpreter& in, std::string_view name) override;
  [[nodiscard]] std::uint32_t depth() const noexcept override { return depth_; }
  Value next();
  void reset() noexcept { place_ = 0; }

 private:
  Values items_;
  std::size_t place_ = 0;
  std::uint32_t depth_;
};

class Joiner final : public Object {
 public:
  explicit Joiner(Value separator) : separator_(std::move(separator)) {}
  [[nodiscard]] std::string_view type_name() const noexcept override { return "Joiner"; }
  [[nodiscard]] bool callable() const noexcept override { return true; }
  Value call(Interpreter& in, Arguments& arguments) override;
  [[nodiscard]] std::uint32_t depth() const noexcept override { return separator_.depth() + 1; }

 private:
  Value separator_;
  bool used_ = false;
};

/// A method with its object, or a function.
class BoundMethod final : public Object {
 public:
  explicit BoundMethod(const Native& native, Value self = None{})
      : native_(native), self_(std::move(self)), depth_(depth_around(self_)) {}
  [[nodiscard]] std::string_view type_name() const noexcept override { return "builtin_function_or_method"; }
  void append_repr(TextBuilder& out) const override;
  [[nodiscard]] bool callable() const noexcept override { return true; }
  Value call(Interpreter& in, Arguments& arguments) override { return call_native(in, native_, self_, arguments); }
  [[nodiscard]] std::uint32_t depth() const noexcept override { return depth_; }

 private:
  const Native& native_;
  Value self_;
  std::uint32_t depth_;
};

/// A method of one of these objects.
class BoundCall final : public Object {
 public:
  using Run = Value (*)(Object&, Interpreter&, Arguments&);
  BoundCall(ObjectPtr owner, Run run) : owner_(std::move(owner)), run_(run) {}
  [[nodiscard]] std::string_view type_name() const noexcept override { return "method"; }
  [[nodiscard]] bool callable() const noexcept override { return true; }
  Value call(Interpreter& in, Arguments& arguments) override { return run_(*owner_, in, arguments); }
  [[nodiscard]] std::uint32_t depth() const noexcept override { return owner_->depth() + 1; }

 private:
  ObjectPtr owner_;
  Run run_;
};

}  // namespace ondol::jinja
