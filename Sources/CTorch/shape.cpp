#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

using namespace ctorch;

ct_status ct_to(ct_tensor tensor, ct_dtype dtype, ct_device where, ct_tensor *out) {
  return make(out, [&] { return tensor->value.to(device(where), scalar_type(dtype)); });
}

ct_status ct_contiguous(ct_tensor tensor, ct_tensor *out) {
  return make(out, [&] { return tensor->value.contiguous(); });
}

ct_status ct_clone(ct_tensor tensor, ct_tensor *out) {
  return make(out, [&] { return tensor->value.clone(at::MemoryFormat::Contiguous); });
}

ct_status ct_reshape(ct_tensor tensor, const int64_t *sizes, size_t dimensions, ct_tensor *out) {
  return make(out, [&] { return tensor->value.reshape(shape(sizes, dimensions)); });
}

ct_status ct_transpose(ct_tensor tensor, int64_t first, int64_t second, ct_tensor *out) {
  return make(out, [&] { return tensor->value.transpose(first, second); });
}

ct_status ct_narrow(ct_tensor tensor, int64_t dimension, int64_t start, int64_t length,
                    ct_tensor *out) {
  return make(out, [&] { return tensor->value.narrow(dimension, start, length); });
}

ct_status ct_index_select(ct_tensor tensor, int64_t dimension, ct_tensor index, ct_tensor *out) {
  return make(out, [&] { return tensor->value.index_select(dimension, index->value); });
}

ct_status ct_cat(const ct_tensor *tensors, size_t count, int64_t dimension, ct_tensor *out) {
  return make(out, [&] {
    std::vector<at::Tensor> values;
    values.reserve(count);
    for (size_t index = 0; index < count; ++index) {
      values.push_back(tensors[index]->value);
    }
    return at::cat(values, dimension);
  });
}

ct_status ct_roll(ct_tensor tensor, int64_t dimension, int64_t places, ct_tensor *out) {
  return make(out, [&] { return tensor->value.roll({places}, {dimension}); });
}

ct_status ct_unsqueeze(ct_tensor tensor, int64_t dimension, ct_tensor *out) {
  return make(out, [&] { return tensor->value.unsqueeze(dimension); });
}

#endif
