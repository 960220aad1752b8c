public import BillhookFiles
public import BillhookTorch

/// The only way to a weight.
///
/// Sources can be stacked: one that changes some weights asks another for the rest. Blocks are
/// named by their number in the model as it was opened, so removing blocks changes no source.
public protocol WeightSource: Sendable {
  /// The weight as it is stored, without a copy where that is possible.
  ///
  /// The tensor is lent: it must not be written to, and is let go after one step of a traversal.
  ///
  /// - Throws: An error that names the weight when it is missing, or its file was changed.
  func stored(_ weight: WeightID) throws -> Tensor

  /// The type in which the weight is stored.
  func storedType(_ weight: WeightID) throws -> DType

  /// The tensors of files that the weight is made of, what lies below first; none where it lies in
  /// no file.
  func places(of weight: WeightID) -> [StoredPlace]

  /// Hears when a weight will be needed, so that it can be fetched meanwhile, and let go.
  func advise(_ weight: WeightID, _ advice: MappedFile.Advice)
}

extension WeightSource {
  /// None, where weights do not lie in a file.
  public func places(of weight: WeightID) -> [StoredPlace] { [] }

  /// Nothing to do, where weights do not lie in a file.
  public func advise(_ weight: WeightID, _ advice: MappedFile.Advice) {}

  /// The weight in the type and on the device where it is needed: in place when it is there
  /// already, else as a converted copy.
  public func tensor(_ weight: WeightID, dtype: DType, device: Device) throws -> Tensor {
    try stored(weight).to(dtype, device: device)
  }
}
