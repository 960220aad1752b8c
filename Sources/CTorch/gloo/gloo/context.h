#pragma once

// libtorch holds Gloo, and its wheels have no headers of it. c10d's own header only names these
// types: it holds shared pointers to them, whose size does not depend on them, and everything that
// looks inside is compiled into libtorch. So declarations are enough, and they fit whatever version
// of Gloo libtorch was built with.

#include <chrono>

namespace gloo {

class Context {
public:
  void setTimeout(std::chrono::milliseconds timeout);
};

} // namespace gloo
