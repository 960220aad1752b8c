#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The machine that this process runs on.
public enum Machine {
  /// The physical memory in bytes.
  public static var memory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

  /// The host name, the processor's architecture, and the number of processors.
  package static var name: String {
    var found = utsname()
    guard uname(&found) == 0 else { return "unknown" }
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return "\(text(found.nodename)) \(text(found.machine)) \(processors)"
  }

  /// The text of an array of characters, which C imports as a tuple.
  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
