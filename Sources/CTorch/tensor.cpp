#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

using namespace ctorch;

void ct_tensor_free(ct_tensor tensor) { delete tensor; }

ct_status ct_from_blob(void *data, const int64_t *sizes, size_t dimensions, ct_dtype dtype,
                       void *owner, void (*release)(void *), ct_tensor *out) {
  return make(out, [&] {
    return at::for_blob(data, shape(sizes, dimensions))
        .deleter([owner, release](void *) { release(owner); })
        .options(at::TensorOptions().dtype(scalar_type(dtype)))
        .make_tensor();
  });
}

ct_status ct_from_copy(const void *data, const int64_t *sizes, size_t dimensions, ct_dtype dtype,
                       ct_tensor *out) {
  return make(out, [&] {
    at::Tensor tensor = at::empty(shape(sizes, dimensions), scalar_type(dtype));
    if (tensor.numel() > 0) {
      std::memcpy(tensor.mutable_data_ptr(), data, tensor.nbytes());
    }
    return tensor;
  });
}

size_t ct_dimensions(ct_tensor tensor) { return static_cast<size_t>(tensor->value.dim()); }

int64_t ct_size(ct_tensor tensor, size_t dimension) { return tensor->value.sizes()[dimension]; }

int64_t ct_element_count(ct_tensor tensor) { return tensor->value.numel(); }

ct_dtype ct_tensor_dtype(ct_tensor tensor) {
  for (size_t code = 0; code < dtypes.size(); ++code) {
    if (dtypes[code] == tensor->value.scalar_type()) {
      return static_cast<ct_dtype>(code);
    }
  }
  return CT_OTHER_DTYPE;
}

ct_device ct_tensor_device(ct_tensor tensor) {
  at::Device device = tensor->value.device();
  ct_device_type type = device.is_cuda() ? CT_CUDA : device.is_mps() ? CT_MPS : CT_CPU;
  return {type, device.has_index() ? device.index() : 0};
}

bool ct_requires_grad(ct_tensor tensor) { return tensor->value.requires_grad(); }

const void *ct_data(ct_tensor tensor) { return tensor->value.const_data_ptr(); }

ct_status ct_scalar(ct_tensor tensor, double *out) {
  return guarded([&] { *out = tensor->value.item().toDouble(); });
}

#endif
