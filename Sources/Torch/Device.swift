import CTorch

/// Where a tensor lives and its arithmetic runs.
public enum Device: Sendable, Hashable, CustomStringConvertible {
  /// The processor.
  case cpu
  /// An NVIDIA GPU, by its index.
  case cuda(Int)
  /// The GPU of an Apple chip.
  case mps

  /// Reads `cpu`, `cuda`, `cuda:N` or `mps`; nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "cpu": self = .cpu
    case "mps": self = .mps
    case "cuda": self = .cuda(0)
    default:
      let digits = text.dropFirst(5)
      guard text.hasPrefix("cuda:"), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
        let index = Int(digits), (0..<128) ~= index
      else { return nil }
      self = .cuda(index)
    }
  }

  /// The name as it is written on the command line.
  public var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    case .mps: "mps"
    }
  }

  /// Makes the device usable, loading the CUDA part of libtorch if the device needs it.
  ///
  /// - Throws: `TorchError` that says what is missing; there is no silent fallback to the CPU.
  public func prepare() throws(TorchError) {
    if case .cuda = self {
      do throws(TorchError) {
        try call("device \(self)") { ct_load_cuda() }
      } catch {
        throw TorchError(
          operation: error.operation,
          message: error.message + "; a libtorch for CPUs lacks it: put one for CUDA into its "
            + "place by `LIBTORCH=FOLDER make build`, such as that of the package torch"
        )
      }
    }
    guard ct_device_available(code) else {
      let count = ct_device_count(code.type)
      throw TorchError(
        operation: "device \(self)",
        message: "this machine has \(count) such \(count == 1 ? "device" : "devices")"
      )
    }
  }

  /// The bytes of the device's own memory that nobody holds; nil for the processor, for a device that is
  /// not there, and for one that does not say.
  public var freeMemory: Int? {
    guard self != .cpu, (try? prepare()) != nil else { return nil }
    var bytes = 0
    return ct_device_free_memory(code, &bytes) == CT_OK ? bytes : nil
  }

  var code: ct_device {
    switch self {
    case .cpu: ct_device(type: CT_CPU, index: 0)
    case .cuda(let index): ct_device(type: CT_CUDA, index: Int32(index))
    case .mps: ct_device(type: CT_MPS, index: 0)
    }
  }

  init(code: ct_device) {
    switch code.type {
    case CT_CUDA: self = .cuda(Int(code.index))
    case CT_MPS: self = .mps
    default: self = .cpu
    }
  }
}
