#include "Libtorch.hpp"

#if !CTORCH_LIBTORCH
#error libtorch was not found. Run "make setup" once (it needs Python 3), or set LIBTORCH to a folder that holds the include/ and lib/ of libtorch.
#else

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <torch/version.h>

static_assert(TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 11 && TORCH_VERSION_MINOR <= 15,
              "Billhook needs libtorch 2.11 to 2.15; run `make setup` for one that fits, or set "
              "LIBTORCH to it.");

namespace ctorch {

std::string &last_error() {
  thread_local std::string message;
  return message;
}

void start_thread_without_gradients() {
  thread_local bool started = (at::GradMode::set_enabled(false), true);
  (void)started;
}

} // namespace ctorch

const char *ct_last_error(void) { return ctorch::last_error().c_str(); }

const char *ct_version(void) { return TORCH_VERSION; }

int ct_thread_count(void) { return at::get_num_threads(); }

ct_status ct_set_thread_count(int count) {
  return ctorch::guarded([&] { at::set_num_threads(count); });
}

void ct_keep_freed_memory(int bytes) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, bytes);
#endif
}

ct_status ct_load_cuda(void) {
  return ctorch::guarded([] {
    // Nothing links against libtorch_cuda, so a machine without it runs the same executable.
    void *library = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
    if (library == nullptr) {
      throw std::runtime_error(dlerror());
    }
  });
}

int ct_device_count(ct_device_type type) {
  try {
    switch (type) {
    case CT_CUDA:
      return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
    case CT_MPS:
      return at::hasMPS() ? 1 : 0;
    default:
      return 1;
    }
  } catch (...) {
    return 0;
  }
}

bool ct_device_available(ct_device device) {
  return device.index >= 0 && device.index < ct_device_count(device.type);
}

#endif
