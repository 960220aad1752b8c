import BillhookTorch

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The machine that this process runs on.
public enum Machine {
  /// The physical memory in bytes.
  public static var memory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

  /// The host name, and how many processors of what kind it has, for example
  /// `host, 2 x AMD EPYC, AVX512`.
  package static var name: String {
    var found = utsname()
    guard uname(&found) == 0 else { return "unknown" }
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return "\(text(found.nodename)), \(processors) x \(Runtime.processor)"
  }

  /// The text of an array of characters, which C imports as a tuple.
  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
