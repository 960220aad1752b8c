// A GPU that the processor emulates, in place of libtorch_cuda: for checking on a machine without a
// GPU that every tensor is where it has to be. Scripts/check_emulated_gpu.sh builds it and runs
// recipes on it.
//
// Its memory cannot be touched but by the operations here: whoever reads or writes it otherwise
// ends with a segmentation fault. Operations are those of the CPU, on copies, and refuse tensors of
// several devices as a GPU does, and memory of another stream that this one was not recorded for.
// All is done when it is asked for, so whoever does not wait for a stream is not found out.
// EMULATED_GPU_BYTES is what the device says is free, and EMULATED_GPU_LOG a file for the number of
// copies to it on other streams than the usual one.

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <sys/mman.h>
#include <vector>

namespace {

constexpr c10::DeviceIndex devices = 2;
thread_local c10::DeviceIndex current_device = 0;
thread_local c10::StreamId current_streams[devices] = {};

// MARK: Memory

/// Memory that nobody may touch while it is not opened.
class Memory final : public c10::DeviceAllocator {
public:
  c10::DataPtr allocate(size_t bytes) override {
    const c10::Device device(c10::kCUDA, current_device);
    if (bytes == 0) {
      return {nullptr, nullptr, &release, device};
    }
    const size_t size = (bytes + page - 1) / page * page;
    const std::lock_guard lock(mutex);
    auto &same = freed[size];
    void *begin = nullptr;
    if (same.empty()) {
      begin = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      TORCH_CHECK(begin != MAP_FAILED, "out of memory");
    } else {
      begin = same.back();
      same.pop_back();
    }
    pieces[begin] = {size, 0, current_streams[current_device], false};
    return {begin, begin, &release, device};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void *, const void *, size_t) const override {
    TORCH_CHECK(false, "the emulated GPU copies tensors only");
  }

  /// Opens or closes the memory of a tensor; one that is opened twice has to be closed twice.
  void open(const at::Tensor &tensor, bool opens) {
    void *begin = tensor.storage().mutable_data();
    const std::lock_guard lock(mutex);
    const auto piece = pieces.find(begin);
    if (piece == pieces.end()) {
      return;
    }
    auto &[bytes, count, stream, is_recorded] = piece->second;
    TORCH_CHECK(
        !opens || is_recorded || stream == current_streams[tensor.device().index()],
        "the memory of a tensor of another stream, which may be reused while this one uses it");
    count += opens ? 1 : -1;
    mprotect(begin, bytes, count > 0 ? PROT_READ | PROT_WRITE : PROT_NONE);
  }

  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t) override {}
  void recordStream(const c10::DataPtr &data, c10::Stream) override {
    const std::lock_guard lock(mutex);
    const auto piece = pieces.find(data.get());
    if (piece != pieces.end()) {
      piece->second.is_recorded = true;
    }
  }
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex) override { return {}; }
  void resetAccumulatedStats(c10::DeviceIndex) override {}
  void resetPeakStats(c10::DeviceIndex) override {}

  std::pair<size_t, size_t> getMemoryInfo(c10::DeviceIndex) override {
    const char *said = std::getenv("EMULATED_GPU_BYTES");
    const size_t all = said != nullptr ? std::stoull(said) : size_t(8) << 30;
    return {all, all};
  }

private:
  static constexpr size_t page = 4096;

  struct Piece {
    size_t bytes;
    // How often it is open.
    int count;
    // The stream that it was taken on, and whether another was recorded.
    c10::StreamId stream;
    bool is_recorded;
  };

  std::mutex mutex;
  std::map<void *, Piece> pieces;
  std::map<size_t, std::vector<void *>> freed;

  static void release(void *begin);
};

Memory memory;

void Memory::release(void *begin) {
  const std::lock_guard lock(memory.mutex);
  const auto piece = memory.pieces.find(begin);
  if (piece != memory.pieces.end()) {
    memory.freed[piece->second.bytes].push_back(begin);
    memory.pieces.erase(piece);
  }
}

/// The numbers of a tensor of the GPU as a tensor of the CPU, for as long as this is there.
class Opened {
public:
  explicit Opened(const at::Tensor &tensor) : tensor(tensor) {
    if (!tensor.is_cuda()) {
      numbers = tensor;
      return;
    }
    memory.open(tensor, true);
    // Where there are no numbers there is no memory either.
    numbers = tensor.numel() == 0
                  ? at::empty(tensor.sizes(), tensor.options().device(at::kCPU))
                  : at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(),
                                  tensor.options().device(at::kCPU));
  }

  ~Opened() {
    if (tensor.is_cuda()) {
      memory.open(tensor, false);
    }
  }

  at::Tensor numbers;

private:
  at::Tensor tensor;
};

/// Counts a copy that comes to the GPU on another stream than the usual one.
void count_copy() {
  static std::atomic<long> copies = 0;
  const char *path = std::getenv("EMULATED_GPU_LOG");
  if (path != nullptr && current_streams[current_device] != 0) {
    std::ofstream(path) << ++copies << "\n";
  }
}

// MARK: Operations

at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> dtype,
                 std::optional<at::Layout>, std::optional<at::Device> device, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  const c10::DeviceGuard guard(*device);
  return at::detail::empty_generic(size, &memory, c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                   c10::dtype_or_default(dtype), format);
}

at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride,
                         std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                         std::optional<at::Device> device, std::optional<bool>) {
  const c10::DeviceGuard guard(*device);
  return at::detail::empty_strided_generic(size, stride, &memory,
                                           c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                           c10::dtype_or_default(dtype));
}

/// Between devices of any kind and type: the one way by which numbers come to the GPU, or from it.
at::Tensor &copy(at::Tensor &to, const at::Tensor &from, bool) {
  Opened target(to);
  const Opened source(from);
  target.numbers.copy_(source.numbers);
  if (to.is_cuda() && from.is_cpu()) {
    count_copy();
  }
  return to;
}

at::Tensor copy_from(const at::Tensor &from, const at::Tensor &to, bool) {
  auto target = to;
  return copy(target, from, false);
}

const at::Tensor &make_room(const at::Tensor &tensor, at::IntArrayRef size,
                            std::optional<at::MemoryFormat>) {
  const auto storage = tensor.storage().unsafeGetStorageImpl();
  const auto bytes = (tensor.storage_offset() + c10::multiply_integers(size)) * tensor.itemsize();
  if (storage->nbytes() < bytes) {
    const c10::DeviceGuard guard(tensor.device());
    TORCH_CHECK(tensor.numel() == 0, "the emulated GPU does not resize a tensor with numbers");
    storage->set_data_ptr_noswap(memory.allocate(bytes));
    storage->set_nbytes(bytes);
  }
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(size);
  return tensor;
}

at::Tensor copy_from_and_resize(const at::Tensor &from, const at::Tensor &to) {
  if (from.sizes() != to.sizes()) {
    make_room(to, from.sizes(), std::nullopt);
  }
  return copy_from(from, to, false);
}

void record_stream(at::Tensor &tensor, at::Stream stream) {
  memory.recordStream(tensor.storage().data_ptr(), stream);
}

int64_t choose_plain_attention(const at::Tensor &, const at::Tensor &, const at::Tensor &,
                               const std::optional<at::Tensor> &, double, bool,
                               std::optional<double>, bool) {
  return static_cast<int64_t>(0);
}

/// Refuses what a GPU refuses: tensors of the CPU beside its own, except for single numbers, and
/// for indices.
void require_one_device(const c10::OperatorHandle &op, const torch::jit::Stack &stack) {
  static const std::set<std::string> take_indices = {
      "aten::index.Tensor",     "aten::index_put_",       "aten::index_put",
      "aten::_index_put_impl_", "aten::index.Tensor_out", "aten::_unsafe_index.Tensor",
  };
  const auto &schema = op.schema();
  const auto name =
      schema.name() + (schema.overload_name().empty() ? "" : "." + schema.overload_name());
  std::optional<c10::Device> found;
  const auto look = [&](const at::Tensor &tensor) {
    if (!tensor.defined() || (tensor.is_cpu() && tensor.dim() == 0)) {
      return;
    }
    TORCH_CHECK(!found || *found == tensor.device(), name,
                ": expected all tensors on one device, found ", *found, " and ", tensor.device());
    found = tensor.device();
  };
  if (take_indices.count(name) > 0) {
    return;
  }
  const auto count = schema.arguments().size();
  for (const auto &argument : torch::jit::last(stack, count)) {
    if (argument.isTensor()) {
      look(argument.toTensor());
    } else if (argument.isTensorList()) {
      for (const at::Tensor &tensor : argument.toTensorList()) {
        look(tensor);
      }
    } else if (argument.isOptionalTensorList()) {
      for (const std::optional<at::Tensor> &tensor : argument.toOptionalTensorList()) {
        if (tensor) {
          look(*tensor);
        }
      }
    }
  }
}

void run_on_cpu(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  require_one_device(op, *stack);
  at::native::cpu_fallback(op, stack, /*error_on_views=*/true);
}

// MARK: The device

struct Guard final : public c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return c10::kCUDA; }
  c10::Device getDevice() const override { return {c10::kCUDA, current_device}; }
  void uncheckedSetDevice(c10::Device device) const noexcept override {
    current_device = device.index();
  }
  void setDevice(c10::Device device) const override {
    TORCH_CHECK(device.index() >= 0 && device.index() < devices, "invalid device ordinal");
    current_device = device.index();
  }
  c10::Device exchangeDevice(c10::Device device) const override {
    const auto old = getDevice();
    setDevice(device);
    return old;
  }
  c10::DeviceIndex deviceCount() const noexcept override { return devices; }

  c10::Stream stream(c10::Device device, c10::StreamId id) const {
    return c10::Stream(c10::Stream::UNSAFE, device, id);
  }
  c10::Stream getStream(c10::Device device) const override {
    return stream(device, current_streams[device.index()]);
  }
  c10::Stream getDefaultStream(c10::Device device) const override { return stream(device, 0); }
  c10::Stream getStreamFromGlobalPool(c10::Device device, bool) const override {
    return stream(device, 1);
  }
  c10::Stream exchangeStream(c10::Stream given) const override {
    auto &current = current_streams[given.device_index()];
    const auto old = current;
    current = given.id();
    return stream(given.device(), old);
  }
  void record(void **, const c10::Stream &, const c10::DeviceIndex,
              const c10::EventFlag) const override {}
  void block(void *, const c10::Stream &) const override {}
  bool queryEvent(void *) const override { return true; }
  bool queryStream(const c10::Stream &) const override { return true; }
  void synchronizeStream(const c10::Stream &) const override {}
  void synchronizeDevice(const c10::DeviceIndex) const override {}
  void recordDataPtrOnStream(const c10::DataPtr &, const c10::Stream &) const override {}
};

struct CUDAHooks final : public at::CUDAHooksInterface {
  CUDAHooks(at::CUDAHooksArgs) {}
  void init() const override {}
  bool hasCUDA() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return devices; }
  int getNumGPUs() const override { return devices; }
  c10::DeviceIndex current_device() const override { return ::current_device; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  at::Allocator *getPinnedMemoryAllocator() const override { return at::getCPUAllocator(); }
  // Numbers are drawn on the CPU, so they are not those of a GPU.
  const at::Generator &getDefaultGenerator(c10::DeviceIndex) const override {
    return at::globalContext().defaultGenerator(at::kCPU);
  }
  void deviceSynchronize(c10::DeviceIndex) const override {}
};

using at::CUDAHooksArgs;
using at::CUDAHooksRegistry;
using at::RegistererCUDAHooksRegistry;
REGISTER_CUDA_HOOKS(CUDAHooks)

const Guard guard;
const c10::impl::DeviceGuardImplRegistrar guards(c10::kCUDA, &guard);
const bool has_memory = [] {
  c10::SetAllocator(c10::kCUDA, &memory);
  return true;
}();

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
  library.impl("copy_", &copy);
  library.impl("_copy_from", &copy_from);
  library.impl("_copy_from_and_resize", &copy_from_and_resize);
  library.impl("resize_", &make_room);
  library.impl("record_stream", &record_stream);
  library.impl("_fused_sdp_choice", &choose_plain_attention);
  library.impl("as_strided", &at::native::as_strided_tensorimpl);
  library.impl("view", &at::native::view);
  library.impl("_reshape_alias", &at::native::_reshape_alias);
  library.impl("unfold", &at::native::unfold);
  library.impl("set_.source_Storage_storage_offset", &at::native::set_storage_cpu_);
}

TORCH_LIBRARY_IMPL(_, CUDA, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&run_on_cpu>());
}

} // namespace
