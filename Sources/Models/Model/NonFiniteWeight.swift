import BillhookFiles
import BillhookTorch

/// A weight that holds NaN or infinity.
public struct NonFiniteWeight: Sendable, Equatable, CustomStringConvertible {
  /// The weight.
  public let weight: WeightID
  /// The name of the tensor that holds it; nil where it is in no file, as in a model that is being
  /// trained.
  public let tensor: String?
  /// The path of the tensor's file; nil where it is in none.
  public let file: String?
  /// The value found: `nan`, `inf` or `-inf`.
  public let value: String
  /// The position of the first such value in the tensor, an index for each dimension.
  public let position: [Int]

  /// The file, the tensor and the value, as a sentence without a full stop.
  public var description: String {
    let place = position.map(String.init).joined(separator: ", ")
    guard let tensor, let file else { return "the weight \(weight) holds \(value) at [\(place)]" }
    return "\(file): `\(tensor)` holds \(value) at [\(place)]"
  }
}

extension LanguageModel {
  /// The first weight of the model, in order, that holds NaN or infinity; nil where none does.
  ///
  /// Weights are read and released one after the other. The result names the tensor at fault: an
  /// adapter's, where the matrix below it is finite.
  ///
  /// - Throws: `FileError` when a file was changed, and `TorchError`.
  public func firstNonFiniteWeight() throws -> NonFiniteWeight? {
    for (id, _) in configuration.allWeights {
      let weight = try weights.stored(id)
      guard try !weight.allFinite() else {
        weights.advise(id, .notForNow)
        continue
      }
      for place in weights.places(of: id) {
        let tensor = try place.file.tensor(place.tensor)
        guard let (position, value) = try tensor.firstNonFinite() else { continue }
        return NonFiniteWeight(
          weight: id,
          tensor: place.tensor,
          file: place.file.path,
          value: value,
          position: position
        )
      }
      guard let (position, value) = try weight.firstNonFinite() else { continue }
      return NonFiniteWeight(weight: id, tensor: nil, file: nil, value: value, position: position)
    }
    return nil
  }
}

extension Tensor {
  /// The first element that is NaN or infinite: its index in each dimension, and its value.
  fileprivate func firstNonFinite() throws(TorchError) -> (position: [Int], value: String)? {
    guard elementCount > 0, try !allFinite() else { return nil }
    let flat = try reshaped([elementCount])
    var range = 0..<elementCount
    while range.count > 1 {
      let middle = range.lowerBound + range.count / 2
      let half = range.lowerBound..<middle
      range = try flat.narrowed(0, to: half).allFinite() ? middle..<range.upperBound : half
    }
    var rest = range.lowerBound
    var position: [Int] = []
    for extent in shape.reversed() {
      position.insert(rest % extent, at: 0)
      rest /= extent
    }
    let value = try flat.narrowed(0, to: range).floats()[0]
    return (position, value.isNaN ? "nan" : "\(value)")
  }
}
