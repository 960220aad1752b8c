/// A tensor in a file that a weight is made from.
public struct StoredPlace: Sendable {
  /// The file.
  public let file: SafetensorsFile
  /// The tensor's name in it.
  public let tensor: String
}
