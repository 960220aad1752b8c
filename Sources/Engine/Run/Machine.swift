import BillhookFiles
package import BillhookTorch

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

  /// The GPUs that NVIDIA's driver lists, and which of them this process may use.
  ///
  /// What a GPU computes depends on which it is, as the processor's name tells it of the CPU.
  ///
  /// - Parameters:
  ///   - device: The device.
  ///   - driver: Where the driver lists them, a folder for each.
  ///   - visible: What `CUDA_VISIBLE_DEVICES` says.
  /// - Returns: Their names, sorted by their place in the machine; nil for other devices.
  package static func graphicsProcessors(
    for device: Device,
    driver: String = "/proc/driver/nvidia/gpus",
    visible: String? = getenv("CUDA_VISIBLE_DEVICES").map { String(cString: $0) }
  ) -> String? {
    guard case .cuda = device else { return nil }
    let places = (try? FileSystem.names(in: driver)) ?? []
    let names = places.compactMap { place in
      beginning(of: "\(driver)/\(place)/information").split(separator: "\n")
        .first { $0.hasPrefix("Model:") }
        .map { $0.dropFirst("Model:".count).drop(while: \.isWhitespace) }
    }
    return names.joined(separator: ", ") + "; visible: \(visible ?? "all")"
  }

  /// The first bytes of a file that has no size, as the system's own; none where it cannot be read.
  private static func beginning(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  /// The text of an array of characters, which C imports as a tuple.
  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
