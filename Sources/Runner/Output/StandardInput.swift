import BillhookCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The standard input of the process.
enum StandardInput {
  /// All bytes up to the end.
  ///
  /// - Throws: `FileError` when they cannot be read, or are more than the limit.
  static func bytes(atMost limit: Int = 1 << 28) throws(FileError) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError("<standard input>", "cannot be read") }
      guard count > 0 else { return result }
      result += buffer[..<count]
      guard result.count <= limit else {
        throw FileError("<standard input>", "expected at most \(limit) bytes, found more")
      }
    }
  }
}
