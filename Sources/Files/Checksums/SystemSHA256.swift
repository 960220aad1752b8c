#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// SHA-256 by a library of the system, which knows the processor's instructions for it: OpenSSL, or on a Mac
/// CommonCrypto.
///
/// The library is loaded at its first use. Where there is none, `SHA256` does the same several times
/// as slowly, which counts for files of many gigabytes.
struct SystemSHA256: Sendable {
  typealias Begin = @Sendable @convention(c) (UnsafeMutableRawPointer) -> Int32
  typealias Take =
    @Sendable @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> Int32
  typealias End =
    @Sendable @convention(c) (UnsafeMutablePointer<UInt8>, UnsafeMutableRawPointer) -> Int32

  private let begin: Begin
  private let take: Take
  private let end: End

  /// More bytes than the state of a hash has in any of these libraries, 104 or 112.
  private static let stateSize = 256

  /// The library; nil where the system has none, or a test hides it.
  static var shared: SystemSHA256? { isThere ? loaded : nil }

  /// Whether the library may be used; tests can switch this off.
  @TaskLocal static var isThere = true

  private static let loaded: SystemSHA256? = {
    #if canImport(Darwin)
    let (names, prefix) = (["libSystem.B.dylib"], "CC_")
    #else
    let (names, prefix) = (["libcrypto.so.3", "libcrypto.so.1.1"], "")
    #endif
    guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first,
      let begin = dlsym(library, "\(prefix)SHA256_Init"),
      let take = dlsym(library, "\(prefix)SHA256_Update"),
      let end = dlsym(library, "\(prefix)SHA256_Final")
    else { return nil }
    return SystemSHA256(
      begin: unsafeBitCast(begin, to: Begin.self),
      take: unsafeBitCast(take, to: Take.self),
      end: unsafeBitCast(end, to: End.self)
    )
  }()

  /// The 32 bytes of a hash.
  ///
  /// - Parameters:
  ///   - parts: The bytes, in parts of less than 4 GiB: CommonCrypto counts them in 32 bits.
  ///   - passed: Called with the number of each part that was hashed.
  /// - Returns: The bytes; nil where the library refuses.
  /// - Throws: What `passed` throws.
  func hash(
    _ parts: [UnsafeRawBufferPointer],
    passed: (Int) throws -> Void
  ) rethrows -> [UInt8]? {
    try withUnsafeTemporaryAllocation(byteCount: Self.stateSize, alignment: 16) { state in
      guard let state = state.baseAddress, begin(state) == 1 else { return nil }
      for (number, part) in parts.enumerated() {
        if let start = part.baseAddress, take(state, start, part.count) != 1 { return nil }
        try passed(number)
      }
      var hash = [UInt8](repeating: 0, count: 32)
      let isWhole = hash.withUnsafeMutableBufferPointer { bytes in
        bytes.baseAddress.map { end($0, state) } == 1
      }
      return isWhole ? hash : nil
    }
  }
}
