#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

#include <c10/util/accumulate.h>
#include <limits>

using namespace ctorch;

ct_status ct_full(const int64_t *sizes, size_t dimensions, double value, ct_dtype dtype,
                  ct_device where, ct_tensor *out) {
  return make(out, [&] {
    auto options = at::TensorOptions().dtype(scalar_type(dtype)).device(device(where));
    return at::full(shape(sizes, dimensions), value, options);
  });
}

ct_status ct_arange(double start, double end, double step, ct_dtype dtype, ct_device where,
                    ct_tensor *out) {
  return make(out, [&] {
    auto options = at::TensorOptions().dtype(scalar_type(dtype)).device(device(where));
    return at::arange(start, end, step, options);
  });
}

ct_status ct_generator_new(uint64_t seed, ct_device where, ct_generator *out) {
  return guarded([&] {
    at::Generator generator = at::globalContext().defaultGenerator(device(where)).clone();
    generator.set_current_seed(seed);
    *out = new ct_generator_impl{std::move(generator)};
  });
}

void ct_generator_free(ct_generator generator) { delete generator; }

ct_status ct_generator_state(ct_generator generator, ct_tensor *out) {
  return make(out, [&] { return generator->value.get_state(); });
}

ct_status ct_generator_set_state(ct_generator generator, ct_tensor state) {
  return guarded([&] { generator->value.set_state(state->value); });
}

ct_status ct_randn(const int64_t *sizes, size_t dimensions, ct_generator generator, ct_dtype dtype,
                   ct_device where, ct_tensor *out) {
  return make(out, [&] {
    auto options = at::TensorOptions().dtype(scalar_type(dtype)).device(device(where));
    return at::randn(shape(sizes, dimensions), generator->value, options);
  });
}

ct_status ct_randint(int64_t low, int64_t high, const int64_t *sizes, size_t dimensions,
                     ct_generator generator, ct_device where, ct_tensor *out) {
  return make(out, [&] {
    auto options = at::TensorOptions().dtype(at::kLong).device(device(where));
    return at::randint(low, high, shape(sizes, dimensions), generator->value, options);
  });
}

ct_status ct_rand(const int64_t *sizes, size_t dimensions, ct_generator generator, ct_dtype dtype,
                  ct_device where, ct_tensor *out) {
  return make(out, [&] {
    auto options = at::TensorOptions().dtype(scalar_type(dtype)).device(device(where));
    return at::rand(shape(sizes, dimensions), generator->value, options);
  });
}

ct_status ct_coins(const int64_t *sizes, size_t dimensions, ct_generator generator,
                   int64_t probability, ct_device where, ct_tensor *out) {
  return make(out, [&] {
    TORCH_CHECK(probability >= 1 && probability <= 65536,
                "the probability has to be from 1 to 65,536, found ", probability);
    // One 64-bit word holds four 16-bit draws.
    const auto sizes_ = shape(sizes, dimensions);
    const int64_t count = c10::multiply_integers(sizes_);
    const auto options = at::TensorOptions().dtype(at::kLong).device(device(where));
    auto words = at::empty({(count + 3) / 4}, options);
    words.random_(std::numeric_limits<int64_t>::min(), std::nullopt, generator->value);
    auto shorts = words.view(at::kShort).narrow(0, 0, count).view(sizes_);
    // Compared in place, because results of type bool are written one by one.
    return shorts.le_(std::numeric_limits<int16_t>::min() + probability - 1).to(at::kChar);
  });
}

ct_status ct_randperm(int64_t count, ct_generator generator, ct_device where, ct_tensor *out) {
  return make(out, [&] {
    auto options = at::TensorOptions().dtype(at::kLong).device(device(where));
    return at::randperm(count, generator->value, options);
  });
}

ct_status ct_multinomial(ct_tensor weights, int64_t samples, ct_generator generator,
                         ct_tensor *out) {
  return make(out, [&] {
    return at::multinomial(weights->value, samples, /*replacement=*/false, generator->value);
  });
}

#endif
