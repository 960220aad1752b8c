// The one file that is compiled: reading the headers of libtorch takes most of the time, and is
// done once for all.
#include "arithmetic.cpp"
#include "autograd.cpp"
#include "creation.cpp"
#include "linear_algebra.cpp"
#include "network.cpp"
#include "onednn.cpp"
#include "optimizer.cpp"
#include "rms_norm.cpp"
#include "runtime.cpp"
#include "selection.cpp"
#include "shape.cpp"
#include "tensor.cpp"
