#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

using namespace ctorch;

ct_status ct_add(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return a->value + b->value; });
}

ct_status ct_sub(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return a->value - b->value; });
}

ct_status ct_mul(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return a->value * b->value; });
}

ct_status ct_div(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return a->value / b->value; });
}

ct_status ct_add_scalar(ct_tensor a, double b, ct_tensor *out) {
  return make(out, [&] { return a->value + b; });
}

ct_status ct_mul_scalar(ct_tensor a, double b, ct_tensor *out) {
  return make(out, [&] { return a->value * b; });
}

ct_status ct_pow_scalar(ct_tensor a, double exponent, ct_tensor *out) {
  return make(out, [&] { return at::pow(a->value, exponent); });
}

ct_status ct_pow_base(double base, ct_tensor exponents, ct_tensor *out) {
  return make(out, [&] { return at::pow(base, exponents->value); });
}

ct_status ct_add_in_place(ct_tensor a, ct_tensor b, double scale) {
  return guarded([&] { a->value.add_(b->value, scale); });
}

ct_status ct_copy_in_place(ct_tensor a, ct_tensor from) {
  return guarded([&] { a->value.copy_(from->value); });
}

ct_status ct_mul_in_place(ct_tensor a, double b) {
  return guarded([&] { a->value.mul_(b); });
}

ct_status ct_mul_tensor_in_place(ct_tensor a, ct_tensor b) {
  return guarded([&] { a->value.mul_(b->value); });
}

ct_status ct_exp_in_place(ct_tensor a) {
  return guarded([&] { a->value.exp_(); });
}

ct_status ct_index_add_in_place(ct_tensor a, int64_t dimension, ct_tensor index, ct_tensor source) {
  return guarded([&] { a->value.index_add_(dimension, index->value, source->value); });
}

ct_status ct_neg(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return -a->value; });
}

ct_status ct_abs(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return a->value.abs(); });
}

ct_status ct_round(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return a->value.round(); });
}

ct_status ct_log(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return a->value.log(); });
}

ct_status ct_exp(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return a->value.exp(); });
}

ct_status ct_softplus(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return at::softplus(a->value); });
}

ct_status ct_logsumexp(ct_tensor a, int64_t dimension, ct_tensor *out) {
  return make(out, [&] { return at::logsumexp(a->value, dimension); });
}

ct_status ct_cos(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return a->value.cos(); });
}

ct_status ct_sin(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return a->value.sin(); });
}

ct_status ct_tanh(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return a->value.tanh(); });
}

ct_status ct_matmul(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return at::matmul(a->value, b->value); });
}

ct_status ct_tril(ct_tensor a, int64_t diagonal, ct_tensor *out) {
  return make(out, [&] { return a->value.tril(diagonal); });
}

ct_status ct_triu(ct_tensor a, int64_t diagonal, ct_tensor *out) {
  return make(out, [&] { return a->value.triu(diagonal); });
}

ct_status ct_sum(ct_tensor a, const int64_t *dims, size_t count, ct_dtype dtype, ct_tensor *out) {
  return make(out, [&] {
    return at::sum(a->value, shape(dims, count), /*keepdim=*/false, scalar_type(dtype));
  });
}

ct_status ct_mean(ct_tensor a, const int64_t *dims, size_t count, ct_dtype dtype, ct_tensor *out) {
  return make(out, [&] {
    return at::mean(a->value, shape(dims, count), /*keepdim=*/false, scalar_type(dtype));
  });
}

ct_status ct_vector_norm(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return at::linalg_vector_norm(a->value); });
}

ct_status ct_max(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return at::max(a->value); });
}

ct_status ct_amax(ct_tensor a, int64_t dimension, ct_tensor *out) {
  return make(out, [&] { return at::amax(a->value, {dimension}); });
}

ct_status ct_argmax(ct_tensor a, int64_t dimension, ct_tensor *out) {
  return make(out, [&] { return at::argmax(a->value, dimension); });
}

ct_status ct_topk(ct_tensor a, int64_t count, ct_tensor *values, ct_tensor *positions) {
  return make_pair(values, positions, [&] { return at::topk(a->value, count); });
}

ct_status ct_prod(ct_tensor a, ct_dtype dtype, ct_tensor *out) {
  return make(out, [&] { return at::prod(a->value, scalar_type(dtype)); });
}

ct_status ct_prod_along(ct_tensor a, int64_t dimension, ct_tensor *out) {
  return make(out, [&] { return at::prod(a->value, dimension); });
}

ct_status ct_all_finite(ct_tensor a, bool *out) {
  return guarded([&] { *out = at::isfinite(a->value).all().item<bool>(); });
}

ct_status ct_equal(ct_tensor a, ct_tensor b, bool *out) {
  return guarded([&] { *out = at::equal(a->value, b->value); });
}

#endif
