#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

using namespace ctorch;

ct_status ct_less(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return at::lt(a->value, b->value); });
}

ct_status ct_less_equal(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return at::le(a->value, b->value); });
}

ct_status ct_equal_elements(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return at::eq(a->value, b->value); });
}

ct_status ct_less_scalar(ct_tensor a, double b, ct_tensor *out) {
  return make(out, [&] { return at::lt(a->value, b); });
}

ct_status ct_less_equal_scalar(ct_tensor a, double b, ct_tensor *out) {
  return make(out, [&] { return at::le(a->value, b); });
}

ct_status ct_equal_scalar(ct_tensor a, double b, ct_tensor *out) {
  return make(out, [&] { return at::eq(a->value, b); });
}

ct_status ct_and(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return at::bitwise_and(a->value, b->value); });
}

ct_status ct_or(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return at::bitwise_or(a->value, b->value); });
}

ct_status ct_not(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return at::bitwise_not(a->value); });
}

ct_status ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return at::where(condition->value, a->value, b->value); });
}

ct_status ct_sort(ct_tensor a, int64_t dimension, bool descending, ct_tensor *values,
                  ct_tensor *positions) {
  return make_pair(values, positions,
                   [&] { return at::sort(a->value, /*stable=*/true, dimension, descending); });
}

ct_status ct_kth_value(ct_tensor a, int64_t k, int64_t dimension, ct_tensor *value,
                       ct_tensor *position) {
  return make_pair(value, position, [&] { return at::kthvalue(a->value, k, dimension); });
}

ct_status ct_cumulative_sum(ct_tensor a, int64_t dimension, ct_dtype dtype, ct_tensor *out) {
  return make(out, [&] { return at::cumsum(a->value, dimension, scalar_type(dtype)); });
}

ct_status ct_gather(ct_tensor a, int64_t dimension, ct_tensor positions, ct_tensor *out) {
  return make(out, [&] { return at::gather(a->value, dimension, positions->value); });
}

ct_status ct_scatter(ct_tensor a, int64_t dimension, ct_tensor positions, ct_tensor source,
                     ct_tensor *out) {
  return make(out,
              [&] { return at::scatter(a->value, dimension, positions->value, source->value); });
}

ct_status ct_scatter_in_place(ct_tensor a, int64_t dimension, ct_tensor positions,
                              ct_tensor source) {
  return guarded([&] { a->value.scatter_(dimension, positions->value, source->value); });
}

ct_status ct_pad_end(ct_tensor a, int64_t count, double value, ct_tensor *out) {
  return make(out, [&] { return at::constant_pad_nd(a->value, {0, count}, value); });
}

#endif
