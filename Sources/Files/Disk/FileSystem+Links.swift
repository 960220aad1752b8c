#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension FileSystem {
  /// The target that a symbolic link names; nil for anything else.
  package static func target(ofLink path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    guard count >= 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Refuses a link whose target does not exist, as unfinished downloads leave them.
  ///
  /// - Throws: `FileError` that names the target.
  package static func checkNoDanglingLink(_ path: String) throws(FileError) {
    guard !exists(path), let target = target(ofLink: path) else { return }
    throw FileError(
      path,
      "is a link to \(target.shown(atMost: 200)), which does not exist; get the file again: the "
        + "download was not finished, or its target was removed"
    )
  }
}
