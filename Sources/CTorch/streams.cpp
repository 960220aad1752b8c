#include "Libtorch.hpp"

// Copies to a device while it computes.
#if CTORCH_LIBTORCH

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

using namespace ctorch;

struct ct_stream_impl {
  at::Device device;
  // None where the device has only one.
  std::optional<c10::Stream> value;
};

ct_status ct_stream_new(ct_device where, ct_stream *out) {
  return guarded([&] {
    const auto target = device(where);
    std::optional<c10::Stream> stream;
    if (target.is_cuda()) {
      stream = c10::impl::VirtualGuardImpl(target.type()).getStreamFromGlobalPool(target);
    }
    *out = new ct_stream_impl{target, stream};
  });
}

void ct_stream_free(ct_stream stream) { delete stream; }

ct_status ct_stream_copy(ct_stream stream, ct_tensor tensor, ct_dtype dtype, ct_tensor *out) {
  return make(out, [&] {
    const auto type = scalar_type(dtype);
    const auto target = stream->device;
    if (!stream->value || tensor->value.device() == target) {
      return tensor->value.to(target, type);
    }
    const c10::StreamGuard guard(*stream->value);
    // From memory that is not pinned, a copy is one of small pieces that this thread waits for.
    const auto pinned = tensor->value.contiguous().pin_memory();
    auto copy = pinned.to(target, pinned.scalar_type(), /*non_blocking=*/true).to(type);
    stream->value->synchronize();
    // Freed memory goes back to the stream that it was taken on, which would write to it while what
    // was started on the computing stream still reads it.
    copy.record_stream(c10::impl::VirtualGuardImpl(target.type()).getDefaultStream(target));
    return copy;
  });
}

#endif
