import BillhookTorch

/// A quantised matrix as the tensors of a saved directory.
extension QuantisedMatrix {
  /// A tensor of GPTQ's layout; its name follows that of the module.
  enum Part: String, CaseIterable {
    case codes = "qweight"
    case zeros = "qzeros"
    case scales
    case groups = "g_idx"

    /// The type in which it is written: scales in that which they have, so that none is rounded.
    func dtype(in matrix: QuantisedMatrix) -> DType {
      self == .scales ? matrix.scales.dtype : .int32
    }

    /// Its shape for a matrix `[out, in]`.
    func shape(of matrix: [Int], _ scheme: QuantisationScheme) -> [Int] {
      let (outputs, inputs) = (matrix[0], matrix[1])
      let groups = scheme.groups(ofInputs: inputs).count
      return switch self {
      case .codes: [inputs * scheme.bits / 32, outputs]
      case .zeros: [groups, outputs * scheme.bits / 32]
      case .scales: [groups, outputs]
      case .groups: [inputs]
      }
    }
  }

  /// A tensor of several matrices that share their inputs, with the outputs of one after those of the
  /// other.
  ///
  /// Codes of zero are stored less 1 where the scheme is symmetric: the format that all programs read.
  /// Elsewhere they are stored as they are, since there is one that has none less.
  static func saved(_ part: Part, of matrices: [QuantisedMatrix]) throws -> Tensor {
    switch part {
    case .codes: return try .joined(matrices.map(\.codeWords), along: 1)
    case .scales: return try .joined(matrices.map(\.scales), along: 1)
    case .groups: return matrices[0].groupOfInput
    case .zeros:
      let stored = try matrices.map { matrix in
        guard matrix.scheme.isSymmetric else { return matrix.zeroWords }
        let bits = matrix.scheme.bits
        let codes = try PackedCodes.unpacked(matrix.zeroWords, bits: bits).to(.float32)
        return try PackedCodes.packed((codes + -1).to(.uint8), bits: bits)
      }
      return try .joined(stored, along: 1)
    }
  }
}
