#ifndef BILLHOOK_CTORCH_H
#define BILLHOOK_CTORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The C interface over libtorch. Calls only, no logic. Three rules:
// - A function that can fail returns a ct_status; ct_last_error() says why, on the same thread.
// - A handle that comes back through an out-parameter is owned by the caller (+1).
// - Handles that go in are borrowed for the call.

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_impl *ct_tensor;
typedef struct ct_generator_impl *ct_generator;
typedef struct ct_inference_guard_impl *ct_inference_guard;
typedef struct ct_stream_impl *ct_stream;
typedef struct ct_store_impl *ct_store;
typedef struct ct_group_impl *ct_group;

typedef enum { CT_OK = 0, CT_FAILED = 1 } ct_status;

typedef enum {
  CT_FLOAT32 = 0,
  CT_FLOAT64 = 1,
  CT_FLOAT16 = 2,
  CT_BFLOAT16 = 3,
  CT_INT64 = 4,
  CT_INT32 = 5,
  CT_INT16 = 6,
  CT_INT8 = 7,
  CT_UINT8 = 8,
  CT_BOOL = 9,
  CT_OTHER_DTYPE = 10
} ct_dtype;

typedef enum { CT_CPU = 0, CT_CUDA = 1, CT_MPS = 2 } ct_device_type;

typedef struct {
  ct_device_type type;
  int index;
} ct_device;

// Runtime (runtime.cpp)
const char *ct_last_error(void);
const char *ct_version(void);
const char *ct_processor(void);
int ct_thread_count(void);
ct_status ct_set_thread_count(int count);
void ct_keep_freed_memory(int bytes);
ct_status ct_load_cuda(void);
bool ct_device_available(ct_device device);
int ct_device_count(ct_device_type type);
ct_status ct_device_free_memory(ct_device device, size_t *bytes);

// Lifetime, description and contents (tensor.cpp)
void ct_tensor_free(ct_tensor tensor);
ct_status ct_from_blob(void *data, const int64_t *sizes, size_t dimensions, ct_dtype dtype,
                       void *owner, void (*release)(void *), ct_tensor *out);
ct_status ct_from_copy(const void *data, const int64_t *sizes, size_t dimensions, ct_dtype dtype,
                       ct_tensor *out);
size_t ct_dimensions(ct_tensor tensor);
int64_t ct_size(ct_tensor tensor, size_t dimension);
int64_t ct_element_count(ct_tensor tensor);
ct_dtype ct_tensor_dtype(ct_tensor tensor);
ct_device ct_tensor_device(ct_tensor tensor);
bool ct_requires_grad(ct_tensor tensor);
const void *ct_data(ct_tensor tensor);
ct_status ct_scalar(ct_tensor tensor, double *out);

// Copies while a device computes (streams.cpp)
ct_status ct_stream_new(ct_device device, ct_stream *out);
void ct_stream_free(ct_stream stream);
ct_status ct_stream_copy(ct_stream stream, ct_tensor tensor, ct_dtype dtype, ct_tensor *out);

// Making tensors (creation.cpp)
ct_status ct_full(const int64_t *sizes, size_t dimensions, double value, ct_dtype dtype,
                  ct_device device, ct_tensor *out);
ct_status ct_arange(double start, double end, double step, ct_dtype dtype, ct_device device,
                    ct_tensor *out);
ct_status ct_generator_new(uint64_t seed, ct_device device, ct_generator *out);
void ct_generator_free(ct_generator generator);
ct_status ct_generator_state(ct_generator generator, ct_tensor *out);
ct_status ct_generator_set_state(ct_generator generator, ct_tensor state);
ct_status ct_randn(const int64_t *sizes, size_t dimensions, ct_generator generator, ct_dtype dtype,
                   ct_device device, ct_tensor *out);
ct_status ct_randint(int64_t low, int64_t high, const int64_t *sizes, size_t dimensions,
                     ct_generator generator, ct_device device, ct_tensor *out);
ct_status ct_rand(const int64_t *sizes, size_t dimensions, ct_generator generator, ct_dtype dtype,
                  ct_device device, ct_tensor *out);
ct_status ct_coins(const int64_t *sizes, size_t dimensions, ct_generator generator,
                   int64_t probability, ct_device device, ct_tensor *out);
ct_status ct_randperm(int64_t count, ct_generator generator, ct_device device, ct_tensor *out);
ct_status ct_multinomial(ct_tensor weights, int64_t samples, ct_generator generator,
                         ct_tensor *out);

// Shape, dtype and device (shape.cpp)
ct_status ct_to(ct_tensor tensor, ct_dtype dtype, ct_device device, ct_tensor *out);
ct_status ct_contiguous(ct_tensor tensor, ct_tensor *out);
ct_status ct_clone(ct_tensor tensor, ct_tensor *out);
ct_status ct_reshape(ct_tensor tensor, const int64_t *sizes, size_t dimensions, ct_tensor *out);
ct_status ct_transpose(ct_tensor tensor, int64_t first, int64_t second, ct_tensor *out);
ct_status ct_narrow(ct_tensor tensor, int64_t dimension, int64_t start, int64_t length,
                    ct_tensor *out);
ct_status ct_index_select(ct_tensor tensor, int64_t dimension, ct_tensor index, ct_tensor *out);
ct_status ct_cat(const ct_tensor *tensors, size_t count, int64_t dimension, ct_tensor *out);
ct_status ct_roll(ct_tensor tensor, int64_t dimension, int64_t places, ct_tensor *out);
ct_status ct_unsqueeze(ct_tensor tensor, int64_t dimension, ct_tensor *out);

// Arithmetic and reductions (arithmetic.cpp)
ct_status ct_add(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_sub(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_mul(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_div(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_add_scalar(ct_tensor a, double b, ct_tensor *out);
ct_status ct_mul_scalar(ct_tensor a, double b, ct_tensor *out);
ct_status ct_pow_scalar(ct_tensor a, double exponent, ct_tensor *out);
ct_status ct_pow_base(double base, ct_tensor exponents, ct_tensor *out);
ct_status ct_add_in_place(ct_tensor a, ct_tensor b, double scale);
ct_status ct_copy_in_place(ct_tensor a, ct_tensor from);
ct_status ct_mul_in_place(ct_tensor a, double b);
ct_status ct_mul_tensor_in_place(ct_tensor a, ct_tensor b);
ct_status ct_exp_in_place(ct_tensor a);
ct_status ct_index_add_in_place(ct_tensor a, int64_t dimension, ct_tensor index, ct_tensor source);
ct_status ct_neg(ct_tensor a, ct_tensor *out);
ct_status ct_abs(ct_tensor a, ct_tensor *out);
ct_status ct_round(ct_tensor a, ct_tensor *out);
ct_status ct_log(ct_tensor a, ct_tensor *out);
ct_status ct_exp(ct_tensor a, ct_tensor *out);
ct_status ct_softplus(ct_tensor a, ct_tensor *out);
ct_status ct_logsumexp(ct_tensor a, int64_t dimension, ct_tensor *out);
ct_status ct_cos(ct_tensor a, ct_tensor *out);
ct_status ct_sin(ct_tensor a, ct_tensor *out);
ct_status ct_tanh(ct_tensor a, ct_tensor *out);
ct_status ct_matmul(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_tril(ct_tensor a, int64_t diagonal, ct_tensor *out);
ct_status ct_triu(ct_tensor a, int64_t diagonal, ct_tensor *out);
ct_status ct_sum(ct_tensor a, const int64_t *dims, size_t count, ct_dtype dtype, ct_tensor *out);
ct_status ct_mean(ct_tensor a, const int64_t *dims, size_t count, ct_dtype dtype, ct_tensor *out);
ct_status ct_vector_norm(ct_tensor a, ct_tensor *out);
ct_status ct_max(ct_tensor a, ct_tensor *out);
ct_status ct_amax(ct_tensor a, int64_t dimension, ct_tensor *out);
ct_status ct_argmax(ct_tensor a, int64_t dimension, ct_tensor *out);
ct_status ct_topk(ct_tensor a, int64_t count, ct_tensor *values, ct_tensor *positions);
ct_status ct_prod(ct_tensor a, ct_dtype dtype, ct_tensor *out);
ct_status ct_prod_along(ct_tensor a, int64_t dimension, ct_tensor *out);
ct_status ct_all_finite(ct_tensor a, bool *out);
ct_status ct_equal(ct_tensor a, ct_tensor b, bool *out);

// Linear algebra over the last two dimensions (linear_algebra.cpp)
ct_status ct_cholesky(ct_tensor a, bool upper, ct_tensor *out);
ct_status ct_solve(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_solve_triangular(ct_tensor a, ct_tensor b, bool upper, ct_tensor *out);
ct_status ct_eigenvalues_symmetric(ct_tensor a, ct_tensor *out);

// Comparing, ordering and choosing elements (selection.cpp)
ct_status ct_less(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_less_equal(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_equal_elements(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_less_scalar(ct_tensor a, double b, ct_tensor *out);
ct_status ct_less_equal_scalar(ct_tensor a, double b, ct_tensor *out);
ct_status ct_equal_scalar(ct_tensor a, double b, ct_tensor *out);
ct_status ct_and(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_or(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_not(ct_tensor a, ct_tensor *out);
ct_status ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_sort(ct_tensor a, int64_t dimension, bool descending, ct_tensor *values,
                  ct_tensor *positions);
ct_status ct_kth_value(ct_tensor a, int64_t k, int64_t dimension, ct_tensor *value,
                       ct_tensor *position);
ct_status ct_cumulative_sum(ct_tensor a, int64_t dimension, ct_dtype dtype, ct_tensor *out);
ct_status ct_gather(ct_tensor a, int64_t dimension, ct_tensor positions, ct_tensor *out);
ct_status ct_scatter(ct_tensor a, int64_t dimension, ct_tensor positions, ct_tensor source,
                     ct_tensor *out);
ct_status ct_scatter_in_place(ct_tensor a, int64_t dimension, ct_tensor positions,
                              ct_tensor source);
ct_status ct_pad_end(ct_tensor a, int64_t count, double value, ct_tensor *out);

// Layers of a decoder (network.cpp)
ct_status ct_embedding(ct_tensor weight, ct_tensor indices, ct_tensor *out);
ct_status ct_linear(ct_tensor input, ct_tensor weight, ct_tensor bias_or_null, ct_tensor *out);
ct_status ct_rms_norm(ct_tensor input, ct_tensor weight, double epsilon, ct_tensor *out);
ct_status ct_silu(ct_tensor input, ct_tensor *out);
ct_status ct_relu(ct_tensor input, ct_tensor *out);
ct_status ct_gelu(ct_tensor input, bool tanh, ct_tensor *out);
ct_status ct_softmax(ct_tensor input, int64_t dimension, ct_tensor *out);
ct_status ct_log_softmax(ct_tensor input, int64_t dimension, ct_tensor *out);
ct_status ct_attention(ct_tensor query, ct_tensor key, ct_tensor value, ct_tensor mask_or_null,
                       bool causal, const double *scale_or_null, ct_tensor *out);
ct_status ct_cross_entropy(ct_tensor logits, ct_tensor targets, ct_tensor *out);

// oneDNN's products (onednn.cpp); a packed weight has no gradients
bool ct_has_onednn(void);
bool ct_onednn_packs_bfloat16(void);
bool ct_is_packed(ct_tensor tensor);
ct_status ct_onednn_pack(ct_tensor weight, ct_tensor *out);
ct_status ct_onednn_linear(ct_tensor input, ct_tensor weight, ct_tensor bias_or_null,
                           ct_tensor *out);

// Gradients (autograd.cpp)
bool ct_gradients_enabled(void);
void ct_set_gradients_enabled(bool enabled);
ct_status ct_inference_guard_new(ct_inference_guard *out);
void ct_inference_guard_free(ct_inference_guard guard);
ct_status ct_detach(ct_tensor tensor, ct_tensor *out);
ct_status ct_set_requires_grad(ct_tensor tensor, bool required);
// Calls `goes_on` when the gradient of a non-leaf tensor is known, on whatever thread libtorch runs
// the backward pass; false ends the pass with an error.
ct_status ct_on_gradient(ct_tensor tensor, bool (*goes_on)(void *), void *context,
                         void (*release)(void *));
ct_status ct_grad(ct_tensor output, ct_tensor output_gradient_or_null, const ct_tensor *inputs,
                  size_t count, ct_tensor *out);

// Optimisers (optimizer.cpp)
ct_status ct_fused_adamw(const ct_tensor *values, const ct_tensor *gradients,
                         const ct_tensor *means, const ct_tensor *squares, const ct_tensor *steps,
                         size_t count, double learning_rate, double beta1, double beta2,
                         double weight_decay, double epsilon);

// Groups of processes (processes.cpp); tensors are on the CPU, and have no gaps
bool ct_has_processes(void);
// A client of the store at an address, or with `serves` that store itself, at any free port for
// port 0.
ct_status ct_store_new(const char *host, int port, bool serves, int64_t milliseconds, ct_store *out,
                       int *port_out);
void ct_store_free(ct_store store);
// Joins a group, by the interface of a host, by one that is named, or by that of the machine's
// name.
ct_status ct_group_new(ct_store store, const char *prefix, int rank, int size,
                       const char *host_or_null, const char *interface_or_null,
                       int64_t milliseconds_to_join, int64_t milliseconds, ct_group *out);
void ct_group_free(ct_group group);
ct_status ct_group_sum(ct_group group, const ct_tensor *tensors, size_t count);
ct_status ct_group_gather(ct_group group, ct_tensor own, const ct_tensor *all, size_t count);
ct_status ct_group_broadcast(ct_group group, ct_tensor tensor, int from);
ct_status ct_group_send(ct_group group, ct_tensor tensor, int to);
ct_status ct_group_receive(ct_group group, ct_tensor tensor, int from);

#ifdef __cplusplus
}
#endif

#endif
