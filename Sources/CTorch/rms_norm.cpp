#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

#include <ATen/OpMathType.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/utils.h>

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// On a CPU libtorch takes the gradients of the norm step by step, and keeps what each step made;
// this function takes less time, and keeps only the input.
struct RMSNorm : torch::autograd::Function<RMSNorm> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &input,
                            const at::Tensor &weight, double epsilon) {
    context->save_for_backward({input, weight});
    context->saved_data["epsilon"] = epsilon;
    return at::rms_norm(input, weight.sizes(), weight, epsilon);
  }

  // y = w x r with r = (mean x² + ε)^-½, so dx = r (w dy - x r² mean(w dy x)) and dw = Σ dy x r.
  static variable_list backward(AutogradContext *context, const variable_list &gradients) {
    const auto saved = context->get_saved_variables();
    const auto type = at::toOpMathType(saved[0].scalar_type());
    const auto input = saved[0].to(type);
    const auto gradient = gradients[0].to(type);
    const auto epsilon = context->saved_data["epsilon"].toDouble();
    const auto mean_product = [](const at::Tensor &a, const at::Tensor &b) {
      return at::linalg_vecdot(a, b).unsqueeze(-1).div_(a.size(-1));
    };
    const auto scale = mean_product(input, input).add_(epsilon).rsqrt_();
    variable_list found(3);
    if (context->needs_input_grad(0)) {
      auto weighted = gradient * saved[1].to(type);
      const auto along = mean_product(weighted, input).mul_(scale).mul_(scale);
      found[0] = weighted.addcmul_(input, along, -1).mul_(scale).to(saved[0].scalar_type());
    }
    if (context->needs_input_grad(1)) {
      const auto rows = (input * scale).mul_(gradient).reshape({-1, input.size(-1)});
      found[1] = rows.sum(0).to(saved[1].scalar_type());
    }
    return found;
  }
};

} // namespace

ct_status ct_rms_norm(ct_tensor input, ct_tensor weight, double epsilon, ct_tensor *out) {
  return make(out, [&] {
    const auto &[states, scale] = std::tie(input->value, weight->value);
    return states.is_cpu() && torch::autograd::compute_requires_grad(states, scale)
               ? RMSNorm::apply(states, scale, epsilon)
               : at::rms_norm(states, scale.sizes(), scale, epsilon);
  });
}

#endif
