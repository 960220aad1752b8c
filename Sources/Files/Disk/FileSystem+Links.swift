#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension FileSystem {
  /// What a link says that it stands for; nil for what is no link.
  package static func target(ofLink path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    guard count >= 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Refuses a link to something that is not there, as downloads leave them that were not finished.
  ///
  /// - Throws: `FileError` that names the target.
  package static func checkNoDanglingLink(_ path: String) throws(FileError) {
    guard !exists(path), let target = target(ofLink: path) else { return }
    throw FileError(
      path,
      "is a link to \(target.shown(atMost: 200)), which is not there; fetch the file again: the "
        + "download was not finished, or its target was removed"
    )
  }
}
