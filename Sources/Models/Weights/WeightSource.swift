public import BillhookFiles
public import BillhookTorch

/// A source of weights, and the only access to them.
///
/// Sources can be stacked: one that changes some weights asks another for the rest. Blocks are
/// named by their number in the model as it was opened, so removing blocks changes no source.
public protocol WeightSource: Sendable {
  /// The weight as it is stored, without a copy where that is possible.
  ///
  /// The tensor is lent: it must not be written to, and is released after one step of a traversal.
  ///
  /// - Throws: An error that names the weight when it is missing, or its file was changed.
  func stored(_ weight: WeightID) throws -> Tensor

  /// The weight in the type and on the device where it is needed: itself where it already is there,
  /// else as a converted copy. Lent, as `stored` is.
  ///
  /// - Throws: What `stored` throws.
  func tensor(_ weight: WeightID, dtype: DType, device: Device) throws -> Tensor

  /// The type in which the weight is stored.
  func storedType(_ weight: WeightID) throws -> DType

  /// Which elements of the weight stay, `bool` in its shape; those that do not are zero. Nil for a
  /// weight that has no mask.
  ///
  /// - Throws: An error that names the weight when its mask cannot be read.
  func mask(_ weight: WeightID) throws -> Tensor?

  /// Whether the weight has a mask; by default the mask is made to tell.
  ///
  /// - Throws: An error that names the weight when its mask cannot be read.
  func hasMask(_ weight: WeightID) throws -> Bool

  /// How the weight's numbers are stored; by default one by one, in the stored type.
  ///
  /// - Throws: An error that names the weight when it is missing.
  func encoding(of weight: WeightID) throws -> WeightEncoding

  /// The codes and scales that the weight is made from; nil for a weight that is not quantised.
  ///
  /// - Throws: An error that names the weight when they cannot be read.
  func quantised(_ weight: WeightID) throws -> QuantisedMatrix?

  /// The tensors in files that the weight is made from, the lowest layer first; none where it is in
  /// no file.
  func places(of weight: WeightID) -> [StoredPlace]

  /// Tells the source when a weight will be needed, so that it can be read ahead, or released.
  func advise(_ weight: WeightID, _ advice: MappedFile.Advice)

  /// Begins to bring weights to where they are needed next, in place of those that were asked for before.
  ///
  /// It changes nothing but how long `tensor` then takes.
  func prefetch(_ weights: [WeightID])
}

extension WeightSource {
  /// None, for sources that know no masks.
  public func mask(_ weight: WeightID) throws -> Tensor? { nil }

  /// Makes the mask to tell.
  public func hasMask(_ weight: WeightID) throws -> Bool { try mask(weight) != nil }

  /// Number by number, for sources that know no codes.
  public func encoding(of weight: WeightID) throws -> WeightEncoding {
    .numbers(try storedType(weight))
  }

  /// No weight is quantised, for sources that know no codes.
  public func quantised(_ weight: WeightID) throws -> QuantisedMatrix? { nil }

  /// No tensors, for sources whose weights are not in files.
  public func places(of weight: WeightID) -> [StoredPlace] { [] }

  /// Does nothing, for sources whose weights are not in files.
  public func advise(_ weight: WeightID, _ advice: MappedFile.Advice) {}

  /// Does nothing, for sources that bring weights when they are needed.
  public func prefetch(_ weights: [WeightID]) {}

  /// How the weight is quantised; nil for one that has no codes, or is missing.
  public func scheme(of weight: WeightID) -> QuantisationScheme? {
    try? encoding(of: weight).scheme
  }

  /// Converts what is stored.
  public func tensor(_ weight: WeightID, dtype: DType, device: Device) throws -> Tensor {
    try stored(weight).to(dtype, device: device)
  }
}
