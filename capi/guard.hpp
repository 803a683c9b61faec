#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "ondol.h"
#include "ondol/error.hpp"

namespace ondol::capi {

/// Make *error (if wanted) and return the status; never throw. Without memory for the text the error is a static
/// object.
ondol_status fail_with(ondol_error** error, Status code, const char* function, const char* message,
                       std::int64_t offset) noexcept;
ondol_status fail_no_memory(ondol_error** error) noexcept;

/// The border: runs `body`, turns every exception into a status.
template <class Body>
ondol_status guard(const char* function, ondol_error** error, Body&& body) noexcept {
  try {
    body();
    if (error) *error = nullptr;
    return ONDOL_OK;
  } catch (const Error& e) {
    return fail_with(error, e.code(), nullptr, e.what(), e.offset());
  } catch (const std::bad_alloc&) {
    return fail_no_memory(error);
  } catch (const std::length_error&) {  // a container beyond its greatest size
    return fail_no_memory(error);
  } catch (const std::invalid_argument& e) {  // require() and its kin below: the function's name says where
    return fail_with(error, Status::invalid_argument, function, e.what(), -1);
  } catch (const std::exception& e) {
    return fail_with(error, Status::internal, function, e.what(), -1);
  } catch (...) {
    return fail_with(error, Status::internal, function, "unknown exception", -1);
  }
}

/// What a handle points to. Counts its holders, so that an object freed during a call lives to the call's end, and
/// marks whether a call uses it, for the objects that one thread at a time may use.
class Object {
 public:
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  void hold() const noexcept { holders_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  [[nodiscard]] bool enter() const noexcept { return !busy_.exchange(true, std::memory_order_acquire); }
  void leave() const noexcept { busy_.store(false, std::memory_order_release); }

 protected:
  virtual ~Object() = default;

 private:
  mutable std::atomic<std::int64_t> holders_{1};
  mutable std::atomic<bool> busy_{false};
};

inline void release(const Object* object) noexcept {
  if (object) object->release();
}

/// Keeps an object alive; may be empty.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) noexcept : object_(object) {
    if (object_) object_->hold();
  }
  Ref(const Ref& other) noexcept : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() { release(object_); }
  [[nodiscard]] T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

/// Keeps an object alive and to itself; empty or not.
template <class T>
class Exclusive {
 public:
  Exclusive() = default;
  Exclusive(Ref<T> object, const char* what) : object_(std::move(object)) {
    if (object_->enter()) return;
    object_ = {};
    throw Error(Status::busy, std::string(what) + " is in use by another call");
  }
  Exclusive(Exclusive&&) noexcept = default;
  Exclusive& operator=(Exclusive other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Exclusive() {
    if (object_) object_->leave();
  }
  [[nodiscard]] T* get() const noexcept { return object_.get(); }
  T* operator->() const noexcept { return object_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(object_); }

 private:
  Ref<T> object_;
};

[[noreturn]] inline void misuse(const std::string& message) { throw std::invalid_argument(message); }

/// An argument that must not be NULL.
inline void require(const void* pointer, const char* name) {
  if (!pointer) misuse(std::string(name) + " must not be NULL");
}

template <class T>
[[nodiscard]] Ref<T> hold(T* object, const char* name) {
  require(object, name);
  return Ref<T>(object);
}

template <class T>
[[nodiscard]] Exclusive<T> use(T* object, const char* name) {
  return {hold(object, name), name};
}

/// A text of the caller: size -1 = up to its NUL.
[[nodiscard]] inline std::string_view text_in(const char* data, std::int64_t size, const char* name) {
  if (size < -1) misuse(std::string(name) + "'s size is " + std::to_string(size) + ", expected -1 or more");
  if (size == 0) return {};
  require(data, name);
  return size == -1 ? std::string_view(data) : std::string_view(data, static_cast<std::size_t>(size));
}

/// A path: not empty, no NUL inside.
[[nodiscard]] inline std::string_view path_in(const char* data, std::int64_t size) {
  const std::string_view path = text_in(data, size, "path");
  if (path.empty()) misuse("path is empty");
  if (path.find('\0') != path.npos) misuse("path contains a NUL");
  return path;
}

/// An array of the caller.
template <class T>
[[nodiscard]] std::span<const T> list_in(const T* data, std::int64_t count, const char* name) {
  if (count < 0) misuse(std::string(name) + "'s count is " + std::to_string(count) + ", expected 0 or more");
  if (count == 0) return {};
  require(data, name);
  return {data, static_cast<std::size_t>(count)};
}

/// A count or an index of the caller.
[[nodiscard]] inline std::size_t count_in(std::int64_t value, const char* name) {
  if (value < 0) misuse(std::string(name) + " is " + std::to_string(value) + ", expected 0 or more");
  return static_cast<std::size_t>(value);
}

/// An index below `size`.
[[nodiscard]] inline std::size_t index_in(std::int64_t value, std::size_t size, const char* name) {
  if (value < 0 || static_cast<std::uint64_t>(value) >= size) {
    misuse(std::string(name) + " is " + std::to_string(value) + ", there are " + std::to_string(size));
  }
  return static_cast<std::size_t>(value);
}

/// Flags, of which only those in `known` may be set.
inline void check_flags(std::int32_t flags, std::int32_t known) {
  if (flags & ~known) misuse("flags are " + std::to_string(flags) + ", known are " + std::to_string(known));
}

}  // namespace ondol::capi
