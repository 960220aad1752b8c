#include "Libtorch.hpp"

// Groups of processes: c10d's store and its Gloo backend, as libtorch has them. A file of its own,
// since the headers of c10d are large.
#if CTORCH_LIBTORCH

#if __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>)
#define CTORCH_PROCESSES 1
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

#include <chrono>
#include <stdexcept>
#include <vector>

using namespace ctorch;

#if CTORCH_PROCESSES

struct ct_store_impl {
  c10::intrusive_ptr<c10d::TCPStore> value;
};

struct ct_group_impl {
  c10::intrusive_ptr<c10d::ProcessGroupGloo> value;
};

bool ct_has_processes(void) { return true; }

ct_status ct_store_new(const char *host, int port, bool serves, int64_t milliseconds, ct_store *out,
                       int *port_out) {
  return guarded([&] {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(port);
    options.isServer = serves;
    options.waitWorkers = false;
    options.timeout = std::chrono::milliseconds(milliseconds);
    auto store = c10::make_intrusive<c10d::TCPStore>(std::string(host), options);
    *port_out = store->getPort();
    *out = new ct_store_impl{std::move(store)};
  });
}

void ct_store_free(ct_store store) { delete store; }

ct_status ct_group_new(ct_store store, const char *prefix, int rank, int size,
                       const char *host_or_null, const char *interface_or_null,
                       int64_t milliseconds_to_join, int64_t milliseconds, ct_group *out) {
  return guarded([&] {
    using Gloo = c10d::ProcessGroupGloo;
    auto options = Gloo::Options::create(std::chrono::milliseconds(milliseconds_to_join));
    options->devices.push_back(host_or_null != nullptr ? Gloo::createDeviceForHostname(host_or_null)
                               : interface_or_null != nullptr
                                   ? Gloo::createDeviceForInterface(interface_or_null)
                                   : Gloo::createDefaultDevice());
    auto own = c10::make_intrusive<c10d::PrefixStore>(prefix, store->value);
    auto group = c10::make_intrusive<Gloo>(own, rank, size, options);
    group->setTimeout(std::chrono::milliseconds(milliseconds));
    *out = new ct_group_impl{std::move(group)};
  });
}

void ct_group_free(ct_group group) { delete group; }

ct_status ct_group_sum(ct_group group, const ct_tensor *tensors, size_t count) {
  return guarded([&] {
    std::vector<std::vector<at::Tensor>> sums;
    std::vector<c10::intrusive_ptr<c10d::Work>> works;
    for (size_t index = 0; index < count; index++) {
      sums.push_back({tensors[index]->value});
      works.push_back(group->value->allreduce(sums.back()));
    }
    for (auto &work : works) {
      work->wait();
    }
  });
}

ct_status ct_group_gather(ct_group group, ct_tensor own, const ct_tensor *all, size_t count) {
  return guarded([&] {
    std::vector<at::Tensor> inputs = {own->value};
    std::vector<std::vector<at::Tensor>> outputs(1);
    for (size_t index = 0; index < count; index++) {
      outputs[0].push_back(all[index]->value);
    }
    group->value->allgather(outputs, inputs)->wait();
  });
}

ct_status ct_group_broadcast(ct_group group, ct_tensor tensor, int from) {
  return guarded([&] {
    std::vector<at::Tensor> tensors = {tensor->value};
    c10d::BroadcastOptions options;
    options.rootRank = from;
    group->value->broadcast(tensors, options)->wait();
  });
}

ct_status ct_group_send(ct_group group, ct_tensor tensor, int to) {
  return guarded([&] {
    std::vector<at::Tensor> tensors = {tensor->value};
    group->value->send(tensors, to, 0)->wait();
  });
}

ct_status ct_group_receive(ct_group group, ct_tensor tensor, int from) {
  return guarded([&] {
    std::vector<at::Tensor> tensors = {tensor->value};
    group->value->recv(tensors, from, 0)->wait();
  });
}

#else

namespace {

ct_status refuse() {
  return guarded([] {
    throw std::runtime_error(
        "this build of Billhook has no support for several processes; the "
        "libtorch that it was built with has no headers of c10d's Gloo backend");
  });
}

} // namespace

bool ct_has_processes(void) { return false; }

ct_status ct_store_new(const char *, int, bool, int64_t, ct_store *, int *) { return refuse(); }

void ct_store_free(ct_store) {}

ct_status ct_group_new(ct_store, const char *, int, int, const char *, const char *, int64_t,
                       int64_t, ct_group *) {
  return refuse();
}

void ct_group_free(ct_group) {}

ct_status ct_group_sum(ct_group, const ct_tensor *, size_t) { return refuse(); }

ct_status ct_group_gather(ct_group, ct_tensor, const ct_tensor *, size_t) { return refuse(); }

ct_status ct_group_broadcast(ct_group, ct_tensor, int) { return refuse(); }

ct_status ct_group_send(ct_group, ct_tensor, int) { return refuse(); }

ct_status ct_group_receive(ct_group, ct_tensor, int) { return refuse(); }

#endif

#endif
