#if canImport(Glibc)
import Glibc
#endif

/// What the process holds of the machine's memory, where Linux tells.
struct ResidentMemory {
  private let start: Int

  /// Begins to look for the peak; nil where the system does not tell.
  init?() {
    // What was freed but kept would be filled again unseen.
    Self.giveBackFreed()
    guard Self.resetPeak(), let now = Self.bytes(of: "VmRSS") else { return nil }
    start = now
  }

  /// The bytes that were held at the peak since then, beyond what was held before.
  var growth: Int? { Self.bytes(of: "VmHWM").map { max(0, $0 - start) } }

  #if canImport(Glibc)
  /// Has the C library give the pages of freed memory back; Swift's module of it lacks the call.
  private static func giveBackFreed() {
    typealias Trim = @convention(c) (Int) -> Int32
    guard let trim = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(trim, to: Trim.self)(0)
  }

  /// Makes what is held now the peak; false where that cannot be done.
  private static func resetPeak() -> Bool {
    guard let file = fopen("/proc/self/clear_refs", "w") else { return false }
    let isWritten = fputs("5", file) >= 0
    return fclose(file) == 0 && isWritten
  }

  /// The number behind a key of `/proc/self/status`, which counts in kB.
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
