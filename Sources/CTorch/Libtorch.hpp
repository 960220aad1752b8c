#pragma once

// Every source file here includes this first and wraps its body in
// `#if CTORCH_LIBTORCH`, so that a missing libtorch is one error (in runtime.cpp), not a hundred.
#if __has_include(<ATen/ATen.h>)
#define CTORCH_LIBTORCH 1

#include <ATen/ATen.h>

#include <array>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "CTorch.h"

struct ct_tensor_impl {
  at::Tensor value;
};

struct ct_generator_impl {
  at::Generator value;
};

namespace ctorch {

/// What ct_last_error() returns on this thread.
std::string &last_error();

/// Turns gradients off on this thread, once, until a scope asks for them.
void start_thread_without_gradients();

/// The one place where C++ exceptions end: runs the body and turns what it throws into a status.
template <typename Body> ct_status guarded(Body &&body) noexcept {
  try {
    start_thread_without_gradients();
    body();
    return CT_OK;
  } catch (const c10::Error &error) {
    last_error() = error.what_without_backtrace();
  } catch (const std::exception &error) {
    last_error() = error.what();
  } catch (...) {
    last_error() = "an exception of unknown type";
  }
  return CT_FAILED;
}

/// As `guarded`, for a body that returns the tensor to hand out.
template <typename Body> ct_status make(ct_tensor *out, Body &&body) noexcept {
  return guarded([&] { *out = new ct_tensor_impl{body()}; });
}

/// As `make`, for a body that returns values and their positions.
template <typename Body>
ct_status make_pair(ct_tensor *values, ct_tensor *positions, Body &&body) noexcept {
  return guarded([&] {
    auto [found, where] = body();
    auto first = std::make_unique<ct_tensor_impl>(ct_tensor_impl{std::move(found)});
    *positions = new ct_tensor_impl{std::move(where)};
    *values = first.release();
  });
}

inline at::IntArrayRef shape(const int64_t *sizes, size_t dimensions) {
  return at::IntArrayRef(sizes, dimensions);
}

constexpr std::array<at::ScalarType, 10> dtypes = {
    at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong,
    at::kInt,   at::kShort,  at::kChar, at::kByte,     at::kBool};

inline at::ScalarType scalar_type(ct_dtype dtype) {
  TORCH_CHECK(dtype >= 0 && dtype < dtypes.size(), "unknown dtype code ", int(dtype));
  return dtypes[dtype];
}

inline at::Device device(ct_device device) {
  switch (device.type) {
  case CT_CUDA:
    return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device.index));
  case CT_MPS:
    return at::Device(at::kMPS);
  default:
    return at::Device(at::kCPU);
  }
}

} // namespace ctorch

#endif
