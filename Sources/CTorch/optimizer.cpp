#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

#include <vector>

using namespace ctorch;

static std::vector<at::Tensor> list(const ct_tensor *tensors, size_t count) {
  std::vector<at::Tensor> values;
  values.reserve(count);
  for (size_t index = 0; index < count; ++index) {
    values.push_back(tensors[index]->value);
  }
  return values;
}

ct_status ct_fused_adamw(const ct_tensor *values, const ct_tensor *gradients,
                         const ct_tensor *means, const ct_tensor *squares, const ct_tensor *steps,
                         size_t count, double learning_rate, double beta1, double beta2,
                         double weight_decay, double epsilon) {
  return guarded([&] {
    at::_fused_adamw_(list(values, count), list(gradients, count), list(means, count),
                      list(squares, count), /*max_exp_avg_sqs=*/{}, list(steps, count),
                      learning_rate, beta1, beta2, weight_decay, epsilon, /*amsgrad=*/false,
                      /*maximize=*/false);
  });
}

#endif
