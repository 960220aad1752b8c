public import BillhookTorch

/// A matrix in codes, with the scales that make numbers of them: the layout of GPTQ.
///
/// Source: the files of AutoGPTQ and GPTQModel; Frantar et al., GPTQ, 2022, arXiv 2210.17323.
public struct QuantisedMatrix {
  /// How the codes were made.
  public let scheme: QuantisationScheme
  /// Whether inputs were taken in another order than theirs, so that a group's are not neighbours.
  public let reordersInputs: Bool
  /// The codes, packed along the inputs: `[in · bits / 32, out]` in int32.
  let codeWords: Tensor
  /// The codes of zero, packed along the outputs: `[groups, out · bits / 32]` in int32.
  let zeroWords: Tensor
  /// The scales: `[groups, out]`.
  package let scales: Tensor
  /// The group of each input: `[in]` in int32.
  let groupOfInput: Tensor

  /// Packs codes.
  ///
  /// - Parameters:
  ///   - codes: The codes as whole numbers, `[in, out]`.
  ///   - zeros: The codes of zero as whole numbers, `[groups, out]`.
  ///   - scales: The scales, `[groups, out]`; they are stored in f16.
  ///   - scheme: How the codes were made.
  ///   - order: The inputs in the order in which they were taken, `[in]` in int64, so that the first ones
  ///     are in the first group; nil for their own order.
  /// - Throws: `TorchError` for other shapes.
  public init(
    codes: Tensor,
    zeros: Tensor,
    scales: Tensor,
    _ scheme: QuantisationScheme,
    order: Tensor? = nil
  ) throws {
    self.scheme = scheme
    reordersInputs = order != nil
    let inputs = codes.shape[0]
    // The place of each input in the order.
    let places =
      try order?.sorted().positions
      ?? Tensor.arange(to: Double(inputs), dtype: .int64, device: codes.device)
    let sorted = try order == nil ? codes : codes.selecting(0, places)
    codeWords = try PackedCodes.packed(sorted.to(.uint8).transposed(0, 1), bits: scheme.bits)
      .transposed(0, 1).contiguous()
    zeroWords = try PackedCodes.packed(zeros.to(.uint8), bits: scheme.bits)
    self.scales = try scales.to(.float16, device: .cpu)
    groupOfInput = try Tensor(
      places.integers().map { $0 / (scheme.group ?? max(1, inputs)) }
    ).to(.int32)
  }

  /// A matrix whose codes are packed already.
  init(
    codeWords: Tensor,
    zeroWords: Tensor,
    scales: Tensor,
    groupOfInput: Tensor,
    _ scheme: QuantisationScheme,
    reordersInputs: Bool
  ) {
    self.scheme = scheme
    self.reordersInputs = reordersInputs
    self.codeWords = codeWords
    self.zeroWords = zeroWords
    self.scales = scales
    self.groupOfInput = groupOfInput
  }

  /// The shape of the matrix, `[out, in]`.
  public var shape: [Int] { [scales.shape[1], groupOfInput.shape[0]] }

  /// The codes: `[out, in]` in uint8.
  public func codes() throws -> Tensor {
    try PackedCodes.unpacked(codeWords.transposed(0, 1), bits: scheme.bits)
  }

  /// The numbers that the codes stand for: `[out, in]` in f32, where they are exact.
  public func dequantised() throws -> Tensor {
    let zeros = try PackedCodes.unpacked(zeroWords, bits: scheme.bits)
    let groups = try reordersInputs ? groupOfInput.to(.int64) : nil
    /// What each group has, beside its inputs: `[out, groups, 1]`, or for each input `[out, in, 1]`.
    func spread(_ ofGroups: Tensor) throws -> Tensor {
      let all = try ofGroups.to(.float32)
      return try (groups.map { try all.selecting(0, $0) } ?? all).transposed(0, 1).unsqueezed(-1)
    }
    let (offsets, factors) = (try spread(zeros), try spread(scales))
    let grouped = try codes().to(.float32).reshaped([shape[0], offsets.shape[1], -1])
    return try ((grouped - offsets) * factors).reshaped(shape)
  }
}
