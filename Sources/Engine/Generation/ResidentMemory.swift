#if canImport(Glibc)
import Glibc
#endif

/// The resident memory of the process, as Linux reports it.
struct ResidentMemory {
  private let start: Int

  /// Starts watching the peak; nil where the system does not report it.
  init?() {
    // Freed memory that the C library keeps could be used again without showing.
    Self.giveBackFreed()
    guard Self.resetPeak(), let now = Self.bytes(of: "VmRSS") else { return nil }
    start = now
  }

  /// How far the peak since then exceeds what was held before, in bytes.
  var growth: Int? { Self.bytes(of: "VmHWM").map { max(0, $0 - start) } }

  #if canImport(Glibc)
  /// Makes the C library return the pages of freed memory; Swift's module for it lacks the call.
  private static func giveBackFreed() {
    typealias Trim = @convention(c) (Int) -> Int32
    guard let trim = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(trim, to: Trim.self)(0)
  }

  /// Resets the peak to what is held now; false where that is impossible.
  private static func resetPeak() -> Bool {
    guard let file = fopen("/proc/self/clear_refs", "w") else { return false }
    let isWritten = fputs("5", file) >= 0
    return fclose(file) == 0 && isWritten
  }

  /// The value of a key of `/proc/self/status`, which is in kB, converted to bytes.
  private static func bytes(of key: String) -> Int? {
    guard let file = fopen("/proc/self/status", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      let words = String(decoding: text, as: UTF8.self).split { " \t\n".contains($0) }
      if words.count > 1, words[0] == "\(key):" { return Int(words[1]).map { $0 * 1024 } }
    }
    return nil
  }
  #else
  private static func giveBackFreed() {}

  private static func resetPeak() -> Bool { false }

  private static func bytes(of key: String) -> Int? { nil }
  #endif
}
