import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// Chooses the codes by which the weights of a projection are stored: `quantise weight { by NAME }`.
///
/// How many bits a code has, which inputs share a scale and where zero lies is said by the statement; what
/// the codes are is up to the quantiser.
public protocol Quantiser: Plugin {
  /// What is measured of what enters projections.
  var evidence: [any ActivationEvidence] { get }

  /// The work of one projection.
  ///
  /// - Parameters:
  ///   - rows: The number of outputs.
  ///   - columns: The number of inputs.
  /// - Returns: The floating-point operations, about; 0 for few.
  func operations(rows: Int, columns: Int) -> Double

  /// The codes of a projection.
  ///
  /// - Parameters:
  ///   - projection: The projection as it stands.
  ///   - statistics: The evidence for it.
  /// - Returns: The codes, with the scheme of the projection, and zero wherever a mask says so.
  /// - Throws: Anything; the run ends with it, and names the quantiser.
  func quantised(
    _ projection: UnquantisedProjection,
    _ statistics: Statistics
  ) throws -> QuantisedMatrix
}

extension Quantiser {
  /// Quantisers are named after `by` in `quantise`.
  public static var kind: PluginKind { .quantiser }

  /// Nothing.
  public var evidence: [any ActivationEvidence] { [] }

  /// Few.
  public func operations(rows: Int, columns: Int) -> Double { 0 }
}

/// A projection that is about to be quantised.
public struct UnquantisedProjection {
  /// Which projection it is.
  public let id: WeightID
  /// The projection as it stands, `[out, in]` in f32.
  public let weight: Tensor
  /// Which weights are not held at zero, `[out, in]` in bool; nil where none is.
  public let mask: Tensor?
  /// How many bits a code has, which inputs share a scale, and where zero lies.
  public let scheme: QuantisationScheme
  /// The type in which what the codes stand for is computed with.
  public let dtype: DType

  /// Describes a projection.
  public init(
    id: WeightID,
    weight: Tensor,
    mask: Tensor? = nil,
    scheme: QuantisationScheme,
    dtype: DType
  ) {
    self.id = id
    self.weight = weight
    self.mask = mask
    self.scheme = scheme
    self.dtype = dtype
  }

  /// The inputs that share a scale, group by group, in their order.
  public var groups: [Range<Int>] { scheme.groups(ofInputs: weight.shape[1]) }

  /// Scale and zero of each row for some columns.
  ///
  /// - Parameter columns: The columns as they stand, `[columns, out]`.
  /// - Returns: The grid of their codes.
  /// - Throws: `DataError` for a scale beyond what f16 holds.
  public func grid(of columns: Tensor) throws -> QuantisationGrid {
    let grid = try QuantisationGrid(of: columns, scheme, dtype)
    guard try grid.scale.allFinite() else {
      throw DataError(
        "\(id): holds numbers up to \(try columns.abs().max().scalar()), whose scale does not fit into "
          + "float16, in which scales are stored; leave \(id.role.rawValue) out of `targets`"
          + (id.block.map { ", or `keep [\($0)]`" } ?? "")
      )
    }
    return grid
  }

  /// The codes of columns that are numbers of their grids already.
  ///
  /// - Parameters:
  ///   - columns: The columns, `[in, out]`, in the order in which they were taken.
  ///   - grids: The grid of each group of them.
  ///   - order: The inputs in that order, `[in]` in int64; nil for their own order.
  /// - Returns: The matrix.
  /// - Throws: `TorchError` for other shapes.
  public func matrix(
    of columns: Tensor,
    _ grids: [QuantisationGrid],
    order: Tensor? = nil
  ) throws -> QuantisedMatrix {
    let codes = try zip(groups, grids).map { try $1.codes(of: columns.narrowed(0, to: $0)) }
    return try QuantisedMatrix(
      codes: .joined(codes, along: 0),
      zeros: .joined(grids.map { try $0.zero.unsqueezed(0) }, along: 0),
      scales: .joined(grids.map { try $0.scale.unsqueezed(0) }, along: 0),
      scheme,
      order: order
    )
  }
}
