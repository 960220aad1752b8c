/// How the numbers of a matrix become codes of a few bits.
///
/// A code q stands for scale · (q - zero); inputs of a group share a scale and a zero in each row.
public struct QuantisationScheme: Sendable, Hashable {
  /// The bits of a code: 4 or 8.
  public let bits: Int
  /// The number of inputs that share a scale; nil for all inputs of a row.
  public let group: Int?
  /// Whether zero is the code in the middle, so that no row needs a zero of its own.
  public let isSymmetric: Bool

  /// Describes codes.
  public init(bits: Int, group: Int?, isSymmetric: Bool) {
    self.bits = bits
    self.group = group
    self.isSymmetric = isSymmetric
  }

  /// The largest code; the smallest one is 0.
  public var largestCode: Int { 1 << bits - 1 }

  /// The code of zero where the scheme is symmetric.
  public var middle: Int { 1 << (bits - 1) }

  /// The inputs of each group, in order; the last one may be smaller.
  public func groups(ofInputs count: Int) -> [Range<Int>] {
    let size = group ?? max(1, count)
    return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// What codes, scales, zeros and the groups of inputs of a matrix take, in bytes.
  ///
  /// - Parameter shape: The shape of the matrix, `[out, in]`.
  /// - Returns: All of it together.
  package func byteCount(of shape: [Int]) -> Int {
    let (rows, columns) = (shape[0], shape[1])
    let scales = groups(ofInputs: columns).count * rows
    return rows * columns * bits / 8 + 2 * scales + scales * bits / 8 + 4 * columns
  }

  /// Why a matrix cannot be packed in this way, as programs that load it expect; nil where it can.
  ///
  /// - Parameter shape: The shape of the matrix, `[out, in]`.
  /// - Returns: What does not fit.
  public func obstacle(to shape: [Int]) -> Obstacle? {
    if !shape[1].isMultiple(of: Self.inputs) { return .inputs(shape[1]) }
    if let group, !shape[1].isMultiple(of: group) { return .group(group, inputs: shape[1]) }
    if !shape[0].isMultiple(of: Self.outputs) { return .outputs(shape[0]) }
    return nil
  }

  /// What the number of inputs has to be a multiple of, for the kernels of other programs.
  public static let inputs = 32
  /// What the number of outputs has to be a multiple of, so that codes of zero fill whole words.
  public static let outputs = 8

  /// What does not fit.
  public enum Obstacle: Sendable, Equatable {
    /// The group does not divide the number of inputs.
    case group(Int, inputs: Int)
    /// The number of inputs is no multiple of `QuantisationScheme.inputs`.
    case inputs(Int)
    /// The number of outputs is no multiple of `QuantisationScheme.outputs`.
    case outputs(Int)
  }
}
