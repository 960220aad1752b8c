import BillhookFiles
import BillhookTorch

extension LanguageModel {
  /// The bytes of the tensors that are carried along.
  package var carriedByteCount: Int { carried.reduce(0) { $0 + $1.byteCount } }

  /// The name of the first tensor that is carried along and is not the same in another model; nil where
  /// all are.
  ///
  /// - Throws: `FileError` when a tensor cannot be read.
  package func firstCarried(missingIn other: LanguageModel) throws -> String? {
    let found = Dictionary(other.carried.map { ($0.tensor, $0) }) { first, _ in first }
    for place in carried {
      guard let same = found[place.tensor],
        same.file.dtype(of: place.tensor) == place.file.dtype(of: place.tensor),
        try same.file.tensor(place.tensor).hasSameBytes(as: place.file.tensor(place.tensor))
      else { return place.tensor }
    }
    let known = Set(carried.map(\.tensor))
    return other.carried.first { !known.contains($0.tensor) }?.tensor
  }
}

extension StoredPlace {
  /// How the tensor is written as it is.
  func plan() throws(FileError) -> TensorPlan {
    guard let dtype = file.dtype(of: tensor), let shape = file.shape(of: tensor) else {
      throw FileError(file.path, at: tensor, "there is no such tensor in the file")
    }
    return TensorPlan(name: tensor, dtype: dtype, shape: shape)
  }

  fileprivate var byteCount: Int {
    guard let dtype = file.dtype(of: tensor), let shape = file.shape(of: tensor) else { return 0 }
    return shape.reduce(dtype.byteCount, *)
  }
}
