#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

using namespace ctorch;

ct_status ct_embedding(ct_tensor weight, ct_tensor indices, ct_tensor *out) {
  return make(out, [&] { return at::embedding(weight->value, indices->value); });
}

ct_status ct_linear(ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
  return make(out, [&] {
    return bias == nullptr ? at::linear(input->value, weight->value)
                           : at::linear(input->value, weight->value, bias->value);
  });
}

ct_status ct_silu(ct_tensor input, ct_tensor *out) {
  return make(out, [&] { return at::silu(input->value); });
}

ct_status ct_relu(ct_tensor input, ct_tensor *out) {
  return make(out, [&] { return at::relu(input->value); });
}

ct_status ct_gelu(ct_tensor input, bool tanh, ct_tensor *out) {
  return make(out, [&] { return at::gelu(input->value, tanh ? "tanh" : "none"); });
}

ct_status ct_softmax(ct_tensor input, int64_t dimension, ct_tensor *out) {
  return make(out, [&] { return at::softmax(input->value, dimension); });
}

ct_status ct_log_softmax(ct_tensor input, int64_t dimension, ct_tensor *out) {
  return make(out, [&] { return at::log_softmax(input->value, dimension); });
}

ct_status ct_attention(ct_tensor query, ct_tensor key, ct_tensor value, ct_tensor mask, bool causal,
                       const double *scale, ct_tensor *out) {
  return make(out, [&] {
    std::optional<at::Tensor> given_mask;
    if (mask != nullptr) {
      given_mask = mask->value;
    }
    std::optional<double> given_scale;
    if (scale != nullptr) {
      given_scale = *scale;
    }
    return at::scaled_dot_product_attention(query->value, key->value, value->value, given_mask,
                                            /*dropout_p=*/0.0, causal, given_scale,
                                            /*enable_gqa=*/true);
  });
}

ct_status ct_cross_entropy(ct_tensor logits, ct_tensor targets, ct_tensor *out) {
  return make(out, [&] {
    return at::cross_entropy_loss(logits->value, targets->value, /*weight=*/{},
                                  at::Reduction::None);
  });
}

#endif
