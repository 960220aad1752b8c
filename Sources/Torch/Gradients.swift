import CTorch

/// Runs `body` with gradients recorded; outside of such a scope nothing is recorded.
///
/// The scope belongs to the thread: it must not be kept open across an `await`.
public func withGradients<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let before = ct_gradients_enabled()
  ct_set_gradients_enabled(true)
  defer { ct_set_gradients_enabled(before) }
  return try body()
}

/// Runs `body` with gradients switched off, even inside `withGradients`.
public func withoutGradients<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let before = ct_gradients_enabled()
  ct_set_gradients_enabled(false)
  defer { ct_set_gradients_enabled(before) }
  return try body()
}

/// Runs `body` in libtorch's inference mode, which saves a little time for every operation.
///
/// A tensor made inside can never take part in gradients, so no tensor may leave the closure.
public func withInferenceMode<Result>(
  _ body: () throws -> Result
) throws -> Result {
  var guardHandle: ct_inference_guard?
  try call("inference_mode") { ct_inference_guard_new(&guardHandle) }
  defer { ct_inference_guard_free(guardHandle) }
  return try body()
}

extension Tensor {
  /// Whether operations on this tensor are recorded inside `withGradients`.
  public var requiresGradient: Bool { ct_requires_grad(handle) }

  /// The same numbers, cut off from what they were computed from.
  public func detached() throws(TorchError) -> Tensor {
    try make("detach", on: [self]) { ct_detach(handle, $0) }
  }

  /// The same numbers as a new leaf that gradients are taken for.
  public func tracked() throws(TorchError) -> Tensor {
    let leaf = try detached()
    try call("requires_grad", on: [self]) { ct_set_requires_grad(leaf.handle, true) }
    return leaf
  }

  /// The gradients of this tensor with respect to `sources`, in their order.
  ///
  /// - Parameters:
  ///   - sources: Tracked tensors that this one was computed from inside `withGradients`.
  ///   - upstream: The gradient of the final value with respect to this tensor; may be left out
  ///     when this tensor is itself the one final value.
  /// - Returns: A gradient for each source, in its shape.
  /// - Throws: `TorchError`, also when a source took no part in computing this tensor.
  public func gradients(
    of sources: [Tensor],
    upstream: Tensor? = nil
  ) throws(TorchError) -> [Tensor] {
    var results = [ct_tensor?](repeating: nil, count: sources.count)
    try call("grad", on: [self] + sources) {
      sources.map { $0.handle as ct_tensor? }.withUnsafeBufferPointer { inputs in
        ct_grad(handle, upstream?.handle, inputs.baseAddress, sources.count, &results)
      }
    }
    return results.compactMap { $0.map(Tensor.init(owning:)) }
  }

  /// Registers a closure that the backward pass calls as soon as the gradient of this tensor is
  /// known.
  ///
  /// Only for tensors that were computed inside `withGradients`.
  ///
  /// - Parameter body: Called on the thread of the backward pass; an error that it throws ends the
  ///   pass with a `TorchError`.
  /// - Throws: `TorchError` when the tensor takes no part in gradients.
  public func onGradient(_ body: @escaping () throws -> Void) throws(TorchError) {
    let hook = Unmanaged.passRetained(GradientHook(body))
    try call("register_hook", on: [self]) {
      ct_on_gradient(
        handle,
        { context in
          guard let context else { return false }
          return Unmanaged<GradientHook>.fromOpaque(context).takeUnretainedValue().goesOn()
        },
        hook.toOpaque(),
        { context in
          guard let context else { return }
          Unmanaged<GradientHook>.fromOpaque(context).release()
        }
      )
    }
  }
}

/// What the backward pass calls.
private final class GradientHook {
  private let body: () throws -> Void

  init(_ body: @escaping () throws -> Void) { self.body = body }

  /// Whether the backward pass goes on.
  func goesOn() -> Bool {
    do {
      try body()
      return true
    } catch {
      return false
    }
  }
}
