import BillhookFiles
import BillhookTorch
import Synchronization

/// The masks of a saved sparse model: a file beside its weights.
///
/// It is a safetensors file whose tensors are named by the model's weights, as in `3.query`, with one
/// bit for each element, eight columns to a byte. Its name does not end in `.safetensors`, because
/// some programs load every file with that ending as weights.
struct MaskFile: Sendable {
  /// The name of the file.
  static let name = ModelDirectory.masksName

  private let file: SafetensorsFile
  private let columns: [WeightID: Int]

  /// Opens the masks of a model; nil where it has none.
  ///
  /// - Parameters:
  ///   - path: The path that the file has, if there is one.
  ///   - configuration: The structure of the model.
  /// - Throws: `FileError` when the file is damaged, or does not fit the model.
  init?(_ path: String, of configuration: ModelConfiguration) throws {
    guard FileSystem.exists(path) else { return nil }
    file = try SafetensorsFile(path)
    let projections = configuration.allWeights.filter { $0.id.role.kind == .projection }
    let shapes = Dictionary(
      uniqueKeysWithValues: projections.map { (WeightEdits.name(of: $0.id), $0) }
    )
    var columns: [WeightID: Int] = [:]
    for name in file.names.sorted() {
      guard let (id, shape) = shapes[name] else {
        throw FileError(path, at: name, "belongs to no matrix that config.json describes")
      }
      let expected = [shape[0], (shape[1] + 7) / 8]
      guard file.dtype(of: name) == .uint8, file.shape(of: name) == expected else {
        throw FileError(
          path,
          at: name,
          "expected the bits of \(shape), which are \(expected) in uint8, found "
            + "\(file.shape(of: name) ?? [])"
        )
      }
      columns[id] = shape[1]
    }
    self.columns = columns
  }

  /// Whether the file has a mask of the weight.
  func hasMask(_ weight: WeightID) -> Bool { columns[weight] != nil }

  /// The mask of a weight, `bool` in its shape; nil where it has none.
  func mask(_ weight: WeightID) throws -> Tensor? {
    guard let columns = columns[weight] else { return nil }
    return try file.tensor(WeightEdits.name(of: weight)).unpackedBits(columns: columns)
  }
}

/// A weight source whose masks were kept beside it when it was saved.
///
/// A weight that is not zero where its mask says so was changed by somebody else, and is an error
/// when it is first lent: to make it zero would throw that work away.
struct MaskedWeights: WeightLayer {
  let base: any WeightSource
  private let masks: MaskFile
  private let path: String
  private let compared = ComparedWeights()

  /// The weights that were compared with their masks.
  private final class ComparedWeights: Sendable {
    private let weights = Mutex<Set<WeightID>>([])

    func contains(_ weight: WeightID) -> Bool { weights.withLock { $0.contains(weight) } }
    func insert(_ weight: WeightID) { _ = weights.withLock { $0.insert(weight) } }
  }

  init(_ masks: MaskFile, over base: any WeightSource, at path: String) {
    self.masks = masks
    self.base = base
    self.path = path
  }

  /// Whether there is a mask to compare the weight with.
  func changes(_ weight: WeightID) -> Bool { masks.hasMask(weight) }

  func stored(_ weight: WeightID) throws -> Tensor {
    let tensor = try base.stored(weight)
    guard !compared.contains(weight) else { return tensor }
    if let mask = try masks.mask(weight) {
      let filled = try (.!(mask .| (tensor .== 0))).sum(dtype: .int64).scalar()
      guard filled == 0 else {
        throw FileError(
          path,
          at: "\(weight)",
          "is not zero in \(Int(filled)) places where \(MaskFile.name) says that it is; if the "
            + "weights were meant to be changed, remove \(MaskFile.name), and the model opens "
            + "without masks"
        )
      }
    }
    compared.insert(weight)
    return tensor
  }

  func mask(_ weight: WeightID) throws -> Tensor? { try masks.mask(weight) }

  func hasMask(_ weight: WeightID) throws -> Bool { masks.hasMask(weight) }
}
