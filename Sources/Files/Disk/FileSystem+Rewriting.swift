#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension FileSystem {
  /// Replaces the contents of a file: as `write`, but follows links and keeps the permissions.
  public static func rewrite(_ bytes: [UInt8], at path: String) throws(FileError) {
    let place = resolved(path)
    var status = stat()
    guard stat(place, &status) == 0 else {
      throw FileError(path, "cannot be replaced: \(systemMessage())")
    }
    let temporary = "\(place)\(unfinished)"
    try remove(temporary)
    let file = try FileWriter(temporary)
    guard chmod(temporary, status.st_mode & 0o7777) == 0 else {
      throw FileError(temporary, "cannot be given permissions: \(systemMessage())")
    }
    try file.write(bytes)
    try file.finish()
    try rename(temporary, to: place)
  }
}
