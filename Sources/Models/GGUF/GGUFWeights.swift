import BillhookFiles
import BillhookTorch

/// The memory-mapped weights in a GGUF file, each turned back into what the model computes with.
///
/// On opening, every tensor is accounted for: a missing one, one of the wrong shape and one that
/// belongs to nothing are errors.
struct GGUFWeights: WeightSource {
  private let file: GGUFFile
  private let places: [WeightID: Place]

  /// Where a weight is stored, and how.
  private struct Place {
    let tensor: GGUFTensor
    /// The weight's rows, where the tensor holds others as well; nil for the whole tensor.
    let rows: Range<Int>?
  }

  init(_ file: GGUFFile, _ layout: GGUFLayout) throws {
    self.file = file
    var places: [WeightID: Place] = [:]
    var unclaimed = Set(file.entries.keys)
    let shapes = Dictionary(
      layout.model.allWeights.map { ($0.id, $0.shape) },
      uniquingKeysWith: { first, _ in first }
    )
    for tensor in layout.tensors {
      guard let entry = file.entries[tensor.name] else {
        throw FileError(file.path, at: tensor.name, "there is no such tensor")
      }
      guard entry.shape == tensor.shape else {
        throw FileError(
          file.path,
          at: tensor.name,
          "the metadata asks for \(tensor.shape), found \(entry.shape)"
        )
      }
      unclaimed.remove(tensor.name)
      try Self.check(tensor, file)
      var start = 0
      for part in tensor.parts {
        let end = start + (shapes[part]?.first ?? 0)
        places[part] = Place(tensor: tensor, rows: tensor.parts.count == 1 ? nil : start..<end)
        start = end
      }
    }
    if let first = unclaimed.min() {
      throw FileError(
        file.path,
        at: first.shown(atMost: 100),
        "belongs to nothing that the metadata describes"
          + (unclaimed.count > 1 ? ", like \(unclaimed.count - 1) more" : "")
      )
    }
    self.places = places
  }

  func stored(_ weight: WeightID) throws -> Tensor {
    let place = try place(of: weight)
    let tensor = try file.tensor(place.tensor.name)
    switch place.tensor.content {
    case .interleaved(_, let heads): return try tensor.pairedByHalves(heads: heads)
    case .raised: return try tensor.to(.float32) + -1
    default: return try place.rows.map { try tensor.narrowed(0, to: $0) } ?? tensor
    }
  }

  func storedType(_ weight: WeightID) throws -> DType {
    let place = try place(of: weight)
    if case .raised = place.tensor.content { return .float32 }
    return file.entries[place.tensor.name]?.type.dtype ?? .float32
  }

  func encoding(of weight: WeightID) throws -> WeightEncoding {
    let type = try file.entries[place(of: weight).tensor.name]?.type
    return try type?.blocks.map { .blocks($0) } ?? .numbers(storedType(weight))
  }

  func advise(_ weight: WeightID, _ advice: MappedFile.Advice) {
    guard let place = places[weight] else { return }
    file.advise(place.tensor.name, advice)
  }

  private func place(of weight: WeightID) throws(FileError) -> Place {
    guard let place = places[weight] else {
      throw FileError(file.path, at: "\(weight)", "there is no such weight")
    }
    return place
  }

  /// Checks a tensor that holds no weight.
  private static func check(_ tensor: GGUFTensor, _ file: GGUFFile) throws {
    let expected: Tensor
    switch tensor.content {
    case .filled(let value): expected = try Tensor.full(tensor.shape, value)
    case .values(let values): expected = try Tensor(values)
    default: return
    }
    let found = try file.tensor(tensor.name).to(.float32)
    let difference = try (found - expected).abs().max().scalar()
    let scale = try max(1, expected.abs().max().scalar())
    guard difference <= 1e-5 * scale else {
      throw FileError(
        file.path,
        at: tensor.name,
        "holds numbers other than those the metadata describes; they differ by \(difference)"
      )
    }
  }
}

extension Tensor {
  /// The rows of a projection to heads with the channels of a rotary pair beside each other, where
  /// they were half a head apart.
  func pairedByNeighbours(heads: Int) throws(TorchError) -> Tensor {
    let size = shape[0] / heads
    let rest = Array(shape.dropFirst())
    return try reshaped([heads, 2, size / 2] + rest).transposed(1, 2).contiguous().reshaped(shape)
  }

  /// The opposite of `pairedByNeighbours`.
  func pairedByHalves(heads: Int) throws(TorchError) -> Tensor {
    let size = shape[0] / heads
    let rest = Array(shape.dropFirst())
    return try reshaped([heads, size / 2, 2] + rest).transposed(1, 2).contiguous().reshaped(shape)
  }
}
