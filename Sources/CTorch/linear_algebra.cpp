#include "Libtorch.hpp"

#if CTORCH_LIBTORCH

using namespace ctorch;

ct_status ct_cholesky(ct_tensor a, bool upper, ct_tensor *out) {
  return make(out, [&] { return at::linalg_cholesky(a->value, upper); });
}

ct_status ct_solve(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return make(out, [&] { return at::linalg_solve(a->value, b->value); });
}

ct_status ct_solve_triangular(ct_tensor a, ct_tensor b, bool upper, ct_tensor *out) {
  return make(out, [&] { return at::linalg_solve_triangular(a->value, b->value, upper); });
}

ct_status ct_eigenvalues_symmetric(ct_tensor a, ct_tensor *out) {
  return make(out, [&] { return at::linalg_eigvalsh(a->value); });
}

#endif
