public import BillhookFiles
public import BillhookTorch

/// A memory-mapped safetensors file, whose tensors cost memory only when they are read.
public struct SafetensorsFile: Sendable {
  private let file: MappedFile
  private let entries: [String: Entry]
  /// The names of the tensors in the order of their bytes.
  public let names: [String]

  private struct Entry: Sendable {
    let dtype: DType
    let shape: [Int]
    let bytes: Range<Int>
  }

  /// Maps a file and reads its header.
  ///
  /// - Throws: `FileError` that says what is wrong with the file.
  public init(_ path: String) throws(FileError) {
    file = try MappedFile(path)
    let header = try SafetensorsHeader(of: file)
    names = header.entries.map(\.name)
    var entries: [String: Entry] = [:]
    for entry in header.entries {
      let new = Entry(dtype: entry.dtype, shape: entry.shape, bytes: entry.bytes)
      guard entries.updateValue(new, forKey: entry.name) == nil else {
        throw FileError(path, at: entry.name, "another tensor's name looks the same")
      }
    }
    self.entries = entries
  }

  /// The path of the file.
  public var path: String { file.path }

  /// The shape of a tensor; nil when the file has none of this name.
  public func shape(of name: String) -> [Int]? { entries[name]?.shape }

  /// The type of a tensor's elements; nil when the file has none of this name.
  public func dtype(of name: String) -> DType? { entries[name]?.dtype }

  /// The tensor over the mapped file, or a copy where the file does not align it.
  ///
  /// - Throws: `FileError` when the file has no such tensor, or was changed since it was opened.
  public func tensor(_ name: String) throws(FileError) -> Tensor {
    guard let entry = entries[name] else {
      throw FileError(path, at: name, "there is no such tensor in the file")
    }
    return try file.tensor(name, at: entry.bytes, shape: entry.shape, dtype: entry.dtype)
  }

  /// Says when the bytes of a tensor will be needed, or that they are not for now.
  func advise(_ name: String, _ advice: MappedFile.Advice) {
    if let entry = entries[name] { file.advise(entry.bytes, advice) }
  }
}
