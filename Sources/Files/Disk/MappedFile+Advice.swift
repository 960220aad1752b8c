#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension MappedFile {
  /// When bytes of a file will be needed.
  public enum Advice: Sendable {
    /// Soon: the operating system may read them meanwhile.
    case soon
    /// Not for now: they need not stay in this process's memory.
    case notForNow
  }

  /// Tells the operating system when some bytes will be needed; they stay readable in any case.
  public func advise(_ range: Range<Int>, _ advice: Advice) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    var (start, end) = (range.lowerBound / page * page, range.upperBound)
    if advice == .notForNow {
      // Pages that also hold bytes outside the range stay.
      start = (range.lowerBound + page - 1) / page * page
      end = range.upperBound / page * page
    }
    guard start < end else { return }
    withBytes { bytes in
      guard let first = bytes.baseAddress?.advanced(by: start) else { return }
      let code = advice == .soon ? MADV_WILLNEED : MADV_DONTNEED
      // The result is ignored: this is only advice.
      _ = madvise(UnsafeMutableRawPointer(mutating: first), end - start, code)
    }
  }
}
