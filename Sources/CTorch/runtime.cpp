#include "Libtorch.hpp"

#if !CTORCH_LIBTORCH
#error libtorch was not found. Run "make setup" once (it needs Python 3), or set LIBTORCH to a folder that holds the include/ and lib/ of libtorch.
#else

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/alignment.h>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif
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

// What the processor calls itself, without spaces at its ends.
static std::string processor_name() {
#if defined(__x86_64__)
  constexpr unsigned first = 0x80000002, count = 3;
  unsigned words[4 * count + 1] = {};
  for (unsigned leaf = 0; leaf < count; leaf++) {
    unsigned *part = words + 4 * leaf;
    if (__get_cpuid(first + leaf, part, part + 1, part + 2, part + 3) == 0) {
      return "x86_64";
    }
  }
  std::string name = reinterpret_cast<const char *>(words);
#elif defined(__APPLE__)
  char text[256] = {};
  size_t size = sizeof(text) - 1;
  std::string name =
      sysctlbyname("machdep.cpu.brand_string", text, &size, nullptr, 0) == 0 ? text : "arm64";
#else
  std::string name = "arm64";
#endif
  const auto begin = name.find_first_not_of(' ');
  const auto end = name.find_last_not_of(' ');
  return begin == std::string::npos ? "unnamed" : name.substr(begin, end + 1 - begin);
}

const char *ct_processor(void) {
  static const std::string text = processor_name() + ", " + at::get_cpu_capability();
  return text.c_str();
}

int ct_thread_count(void) { return at::get_num_threads(); }

ct_status ct_set_thread_count(int count) {
  return ctorch::guarded([&] { at::set_num_threads(count); });
}

#ifdef __GLIBC__

namespace {

// libtorch asks for aligned memory, which glibc cuts out of a larger piece; what is cut off is
// handed out or set aside by itself, so that the place of a freed tensor is too small for the next
// of its size. Here the piece stays whole, and says in front of the tensor where it begins.
struct WholePieces final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    constexpr size_t most = PTRDIFF_MAX - c10::gAlignment - sizeof(void *);
    void *piece = bytes > most ? nullptr : std::malloc(bytes + c10::gAlignment + sizeof(void *));
    TORCH_CHECK(piece != nullptr, "there is no memory for ", bytes, " bytes");
    const auto begin = reinterpret_cast<uintptr_t>(piece) + sizeof(void *);
    const auto aligned = (begin + c10::gAlignment - 1) / c10::gAlignment * c10::gAlignment;
    void *data = reinterpret_cast<void *>(aligned);
    static_cast<void **>(data)[-1] = piece;
    return {data, data, &free_piece, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &free_piece; }

  void copy_data(void *to, const void *from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

private:
  static void free_piece(void *data) { std::free(static_cast<void **>(data)[-1]); }
};

} // namespace

#endif

void ct_keep_freed_memory(int bytes) {
#ifdef __GLIBC__
  static WholePieces allocator;
  c10::SetCPUAllocator(&allocator);
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

ct_status ct_device_free_memory(ct_device device, size_t *bytes) {
  return ctorch::guarded([&] {
    const auto place = ctorch::device(device);
    const auto index = static_cast<at::DeviceIndex>(device.index);
    *bytes = at::getDeviceAllocator(place.type())->getMemoryInfo(index).first;
  });
}

bool ct_device_available(ct_device device) {
  return device.index >= 0 && device.index < ct_device_count(device.type);
}

#endif
