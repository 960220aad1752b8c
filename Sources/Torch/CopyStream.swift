import CTorch

/// A stream of copies to a device, which go on while the device computes.
///
/// Unchecked, because a stream may be used by several threads; what it copies is not written to.
package final class CopyStream: @unchecked Sendable {
  private let handle: ct_stream

  /// Makes a stream; on devices other than NVIDIA GPUs, which have no second one here, its copies are
  /// ordinary ones.
  package init(to device: Device) throws(TorchError) {
    var result: ct_stream?
    try call("stream") { ct_stream_new(device.code, &result) }
    guard let result else {
      throw TorchError(operation: "stream", message: "libtorch gave no stream back")
    }
    handle = result
  }

  deinit { ct_stream_free(handle) }

  /// The tensor as another type on the stream's device, through pinned memory; itself where it already is.
  ///
  /// Waits until the copy is there.
  package func copy(_ tensor: Tensor, as dtype: DType) throws(TorchError) -> Tensor {
    try make("copy", on: [tensor]) { ct_stream_copy(handle, tensor.handle, dtype.code, $0) }
  }
}
