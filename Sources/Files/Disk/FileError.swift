/// Why a model directory cannot be read, changed or written: the file, the place in it, the reason.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path of the file or directory.
  public let path: String
  /// The key, tensor or block inside the file; nil for the file as a whole.
  public let place: String?
  /// What was expected and what was found, and where it helps, what to do.
  public let message: String

  /// An error about a file, or about a place inside it.
  public init(_ path: String, at place: String? = nil, _ message: String) {
    self.path = path
    self.place = place
    self.message = message
  }

  /// The whole error in one line; text from the file is shortened, and control characters are
  /// replaced.
  public var description: String {
    let message = message.shown(atMost: 2000)
    return place.map { "\(path): `\($0.shown(atMost: 200))`: \(message)" } ?? "\(path): \(message)"
  }
}
