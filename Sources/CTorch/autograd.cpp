#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <memory>

using namespace ctorch;

struct ct_inference_guard_impl {
  c10::InferenceMode mode;
};

bool ct_gradients_enabled(void) {
  start_thread_without_gradients();
  return at::GradMode::is_enabled();
}

void ct_set_gradients_enabled(bool enabled) {
  start_thread_without_gradients();
  at::GradMode::set_enabled(enabled);
}

ct_status ct_inference_guard_new(ct_inference_guard *out) {
  return guarded([&] { *out = new ct_inference_guard_impl{}; });
}

void ct_inference_guard_free(ct_inference_guard guard) { delete guard; }

ct_status ct_detach(ct_tensor tensor, ct_tensor *out) {
  return make(out, [&] { return tensor->value.detach(); });
}

ct_status ct_set_requires_grad(ct_tensor tensor, bool required) {
  return guarded([&] { tensor->value.set_requires_grad(required); });
}

ct_status ct_on_gradient(ct_tensor tensor, bool (*goes_on)(void *), void *context,
                         void (*release)(void *)) {
  // Released whether or not libtorch takes the hook.
  std::shared_ptr<void> owner(context, release);
  return guarded([&] {
    tensor->value.register_hook([owner, goes_on](const at::Tensor &) {
      TORCH_CHECK(goes_on(owner.get()), "the backward pass was stopped");
    });
  });
}

ct_status ct_grad(ct_tensor output, ct_tensor output_gradient, const ct_tensor *inputs,
                  size_t count, ct_tensor *out) {
  return guarded([&] {
    torch::autograd::variable_list sources;
    sources.reserve(count);
    for (size_t index = 0; index < count; ++index) {
      sources.push_back(inputs[index]->value);
    }
    torch::autograd::variable_list seeds;
    if (output_gradient != nullptr) {
      seeds.push_back(output_gradient->value);
    }
    auto gradients = torch::autograd::grad({output->value}, sources, seeds);
    for (size_t index = 0; index < count; ++index) {
      out[index] = new ct_tensor_impl{std::move(gradients[index])};
    }
  });
}

#endif
