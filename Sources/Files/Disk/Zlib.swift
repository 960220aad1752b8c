#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What is used of the system's zlib.
///
/// It is loaded when it is first asked for: a machine need not have its headers, nor the library
/// itself, to build and run what does not unpack anything.
struct Zlib: Sendable {
  typealias Open =
    @Sendable @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>) -> OpaquePointer?
  typealias Read =
    @Sendable @convention(c) (OpaquePointer, UnsafeMutableRawPointer?, UInt32) -> Int32
  typealias Offset = @Sendable @convention(c) (OpaquePointer) -> Int
  typealias Message =
    @Sendable @convention(c) (OpaquePointer, UnsafeMutablePointer<Int32>) -> UnsafePointer<CChar>?
  typealias Close = @Sendable @convention(c) (OpaquePointer) -> Int32

  /// What zlib answers where the data end too early.
  static let bufferError: Int32 = -5
  /// What it answers where it had to give up for a reason that `errno` says.
  static let systemError: Int32 = -1

  /// Opens a file in a mode as of `fopen`.
  let open: Open
  /// Reads so many bytes at most; 0 at the end, below 0 where something is wrong.
  let read: Read
  /// How many bytes of the file itself were read.
  let offset: Offset
  /// What went wrong last, in words and as a number.
  let message: Message
  let close: Close

  /// The library; nil where the system has none, or a test says so.
  static var shared: Zlib? { isThere ? loaded : nil }

  /// Whether the library is there; a test can say that it is not.
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
