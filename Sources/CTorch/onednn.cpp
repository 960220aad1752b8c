#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

#include <ATen/core/dispatch/Dispatcher.h>

using namespace ctorch;

// libtorch has oneDNN's inner product under names that its headers do not declare.
using Linear = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &,
                          std::string_view, c10::List<std::optional<at::Scalar>>,
                          std::optional<std::string_view>);
using Pack = at::Tensor(const at::Tensor &, std::optional<int64_t>);
using Supports = bool();

static std::optional<c10::OperatorHandle> found(const char *name) {
  return at::hasMKLDNN() ? c10::Dispatcher::singleton().findSchema({name, ""}) : std::nullopt;
}

static const std::optional<c10::OperatorHandle> &linear() {
  static const auto handle = found("mkldnn::_linear_pointwise");
  return handle;
}

bool ct_has_onednn(void) {
  try {
    return linear().has_value();
  } catch (...) {
    return false;
  }
}

bool ct_onednn_packs_bfloat16(void) {
  try {
    static const bool answer = [] {
      auto supports = found("mkldnn::_is_mkldnn_bf16_supported");
      auto pack = found("mkldnn::_reorder_linear_weight");
      return linear() && supports && pack && supports->typed<Supports>().call();
    }();
    return answer;
  } catch (...) {
    return false;
  }
}

bool ct_is_packed(ct_tensor tensor) { return tensor->value.is_mkldnn(); }

ct_status ct_onednn_pack(ct_tensor weight, ct_tensor *out) {
  return make(out, [&] {
    static const auto pack =
        c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_reorder_linear_weight", "");
    return pack.typed<Pack>().call(weight->value.contiguous(), /*batch_size=*/std::nullopt);
  });
}

ct_status ct_onednn_linear(ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
  return make(out, [&] {
    TORCH_CHECK(linear(), "this libtorch has no oneDNN");
    std::optional<at::Tensor> given;
    if (bias != nullptr) {
      given = bias->value;
    }
    return linear()->typed<Linear>().call(input->value, weight->value, given, /*attr=*/"none",
                                          c10::List<std::optional<at::Scalar>>(),
                                          /*algorithm=*/"");
  });
}

#endif
