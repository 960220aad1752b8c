#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The memory of the machine.
public enum PhysicalMemory {
  /// The number of bytes.
  public static let byteCount = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
}
