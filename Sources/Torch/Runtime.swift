import CTorch

/// Settings of libtorch that hold for the whole process.
public enum Runtime {
  /// The version of the libtorch that this was built with, for example `2.13.0`.
  public static var version: String { String(cString: ct_version()) }

  /// The processor's own name, and the instructions that libtorch uses of it, for example
  /// `AMD EPYC, AVX512`; both decide in what order sums are taken.
  public static var processor: String { String(cString: ct_processor()) }

  /// The number of threads that one operation may use.
  public static var threadCount: Int { Int(ct_thread_count()) }

  /// Keeps up to this many freed bytes for the next tensors, instead of returning them to the
  /// operating system at once and getting them back page by page.
  ///
  /// The memory of tensors of 32 MiB and more is always returned. Changes nothing where the C
  /// library is not glibc.
  public static func keepFreedMemory(_ bytes: Int) {
    ct_keep_freed_memory(Int32(clamping: bytes))
  }

  /// Sets the number of threads that one operation may use; results may differ in the last bits
  /// from those of another number.
  ///
  /// - Throws: `TorchError` when the count is not positive.
  public static func setThreadCount(_ count: Int) throws(TorchError) {
    guard let count = Int32(exactly: count), count > 0 else {
      throw TorchError(operation: "threads", message: "expected 1 or more, found \(count)")
    }
    try call("threads") { ct_set_thread_count(count) }
  }
}
