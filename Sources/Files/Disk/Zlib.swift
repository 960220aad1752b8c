#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The functions of the system's zlib that are used here.
///
/// The library is loaded at its first use: a machine needs neither its headers to build, nor the
/// library itself to run what does not unpack anything.
struct Zlib: Sendable {
  typealias Open =
    @Sendable @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>) -> OpaquePointer?
  typealias Read =
    @Sendable @convention(c) (OpaquePointer, UnsafeMutableRawPointer?, UInt32) -> Int32
  typealias Offset = @Sendable @convention(c) (OpaquePointer) -> Int
  typealias Message =
    @Sendable @convention(c) (OpaquePointer, UnsafeMutablePointer<Int32>) -> UnsafePointer<CChar>?
  typealias Close = @Sendable @convention(c) (OpaquePointer) -> Int32

  /// The code that zlib returns where the data ends too early.
  static let bufferError: Int32 = -5
  /// The code that zlib returns for a system error, which `errno` then holds.
  static let systemError: Int32 = -1

  /// Opens a file, with a mode as for `fopen`.
  let open: Open
  /// Reads at most this many bytes; 0 at the end, below 0 for an error.
  let read: Read
  /// How many bytes of the compressed file were read.
  let offset: Offset
  /// The last error, in words and as a number.
  let message: Message
  let close: Close

  /// The library; nil where the system has none, or a test hides it.
  static var shared: Zlib? { isThere ? loaded : nil }

  /// Whether the library may be used; tests can switch this off.
  @TaskLocal static var isThere = true

  private static let loaded: Zlib? = {
    #if canImport(Darwin)
    let name = "libz.1.dylib"
    #else
    let name = "libz.so.1"
    #endif
    guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL),
      let open = dlsym(library, "gzopen"), let read = dlsym(library, "gzread"),
      let offset = dlsym(library, "gzoffset"), let message = dlsym(library, "gzerror"),
      let close = dlsym(library, "gzclose")
    else { return nil }
    return Zlib(
      open: unsafeBitCast(open, to: Open.self),
      read: unsafeBitCast(read, to: Read.self),
      offset: unsafeBitCast(offset, to: Offset.self),
      message: unsafeBitCast(message, to: Message.self),
      close: unsafeBitCast(close, to: Close.self)
    )
  }()
}
