import BillhookModels

/// Reads text files.
public enum TextReader {
  /// The text of a file.
  ///
  /// - Throws: `DataError` when it cannot be read, or with the place where it is not UTF-8.
  public static func text(_ path: String) throws(DataError) -> String {
    let file: MappedFile
    do throws(ModelError) {
      file = try MappedFile(path)
    } catch {
      throw DataError("\(error)")
    }
    return try file.withBytes { (bytes) throws(DataError) in
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw DataError("\(path): is not UTF-8 text\(firstFault(in: bytes))")
      }
      return text
    }
  }

  private static func firstFault(in bytes: UnsafeRawBufferPointer) -> String {
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .emptyInput: return ""
      case .error: return " at byte \(offset)"
      }
    }
  }
}
