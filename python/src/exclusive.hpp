#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "ondol/error.hpp"

namespace ondol::python {

/// A value for one thread at a time: with the GIL free, a second thread that comes gets an error.
template <class Value>
class Exclusive {
 public:
  explicit Exclusive(Value value) : value_(std::move(value)) {}

  /// The value, held by this thread for as long as this object lives. @throws Error busy.
  class Use {
   public:
    Use(Exclusive& owner, const char* what) : owner_(&owner) {
      if (owner.used_.test_and_set())
        throw Error(Status::busy, std::string("this ") + what + " is in use by another thread");
    }
    Use(Use&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    ~Use() {
      if (owner_) owner_->used_.clear();
    }
    Use& operator=(Use&&) = delete;
    Value& operator*() const noexcept { return owner_->value_; }
    Value* operator->() const noexcept { return &owner_->value_; }

   private:
    Exclusive* owner_;
  };
  [[nodiscard]] Use use(const char* what) { return Use(*this, what); }

 private:
  Value value_;
  std::atomic_flag used_;
};

}  // namespace ondol::python
