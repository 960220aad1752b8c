#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/utils.h>

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

static at::Tensor product(const at::Tensor &input, const at::Tensor &weight,
                          const std::optional<at::Tensor> &bias) {
  TORCH_CHECK(linear(), "this libtorch has no oneDNN");
  return linear()->typed<Linear>().call(input, weight, bias, /*attr=*/"none",
                                        c10::List<std::optional<at::Scalar>>(), /*algorithm=*/"");
}

// `rows · weight`. On an Intel processor oneDNN takes 20 to 35 % longer than MKL for wide matrices
// that stand like this; on others it is the quicker one.
static at::Tensor input_gradient(const at::Tensor &rows, const at::Tensor &weight) {
#if defined(__x86_64__)
  static const bool is_intel = (__builtin_cpu_init(), __builtin_cpu_is("intel") != 0);
  if (is_intel && rows.scalar_type() == at::kFloat) {
    return rows.matmul(weight);
  }
#endif
  return product(rows, weight.t(), std::nullopt);
}

// `rowsᵀ · input`. MKL is quicker, except for thin results, where oneDNN needs the long side
// second.
static at::Tensor weight_gradient(const at::Tensor &rows, const at::Tensor &input) {
  constexpr int64_t thin = 32;
  if (rows.size(1) <= thin) {
    return product(rows.t(), input.t(), std::nullopt);
  }
  if (input.size(1) <= thin) {
    return product(input.t(), rows.t(), std::nullopt).t();
  }
  return rows.t().mm(input);
}

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// oneDNN's operation with gradients, which oneDNN itself does not provide.
struct Product : torch::autograd::Function<Product> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &input,
                            const at::Tensor &weight, const std::optional<at::Tensor> &bias) {
    // Only what a gradient needs is kept: saving the input of a frozen weight would keep it alive.
    context->save_for_backward({weight.requires_grad() ? input : at::Tensor(),
                                input.requires_grad() ? weight : at::Tensor()});
    context->saved_data["bias_is_tracked"] = bias && bias->requires_grad();
    return product(input, weight, bias);
  }

  static variable_list backward(AutogradContext *context, const variable_list &gradients) {
    const auto saved = context->get_saved_variables();
    const auto &[input, weight] = std::tie(saved[0], saved[1]);
    const auto &gradient = gradients[0];
    variable_list found(3);
    if (weight.defined()) {
      found[0] = input_gradient(gradient, weight);
    }
    const auto rows = gradient.reshape({-1, gradient.size(-1)});
    if (input.defined()) {
      found[1] = weight_gradient(rows, input.reshape({-1, input.size(-1)}));
    }
    if (context->saved_data["bias_is_tracked"].toBool()) {
      found[2] = rows.sum(0);
    }
    return found;
  }
};

} // namespace

ct_status ct_onednn_linear(ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
  return make(out, [&] {
    std::optional<at::Tensor> given;
    if (bias != nullptr) {
      given = bias->value;
    }
    return torch::autograd::compute_requires_grad(input->value, weight->value, given)
               ? Product::apply(input->value, weight->value, given)
               : product(input->value, weight->value, given);
  });
}

#endif
