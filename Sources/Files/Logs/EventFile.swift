#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// An event file of TensorBoard, with the numbers of a log's lines as scalars.
///
/// A file of records (length, checksum, bytes, checksum), each the protocol buffer `Event` with fields 1
/// (wall time), 2 (step), 3 (version, in the first record alone) and 5 (summary: of values with a tag
/// and a 32-bit number). Source: tensorflow/core/util/event.proto, framework/summary.proto and
/// lib/io/record_writer.cc.
package struct EventFile: LogSink {
  private let writer: FileWriter
  private let now: () -> Double

  /// Creates an event file in a folder, which is made where it is missing; files that are there stay.
  ///
  /// - Parameters:
  ///   - folder: The folder, which TensorBoard shows as one run.
  ///   - now: The seconds since 1970.
  /// - Throws: `FileError` when something cannot be created.
  package init(in folder: String, now: @escaping () -> Double = EventFile.clock) throws {
    self.now = now
    try FileSystem.makeDirectory(folder)
    let name = "\(folder)/events.out.tfevents.\(Int(now())).billhook"
    writer = try FileWriter(FileSystem.unusedPath(name))
    try write(Self.double(1, now()) + Self.bytes(3, Array("brain.Event:2".utf8)))
  }

  /// Appends the numbers of a line; one without a step holds none.
  package func append(_ line: LogLine) throws {
    guard let step = line.json["step"]?.int, step >= 0 else { return }
    let values = line.scalars.flatMap { name, value in
      Self.bytes(1, Self.bytes(1, Array(name.utf8)) + Self.float(2, Float(value)))
    }
    guard !values.isEmpty else { return }
    // A field that is zero is left out, as protocol buffers have it.
    let count = step == 0 ? [] : Self.key(2, 0) + Self.number(UInt64(step))
    try write(Self.double(1, now()) + count + Self.bytes(5, values))
  }

  package func sync() throws { try writer.sync() }
  package func finish() throws { try writer.finish() }

  /// The seconds since 1970.
  package static func clock() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  private func write(_ event: [UInt8]) throws {
    let length = Self.little(UInt64(event.count))
    try writer.write(
      length + Self.little(MaskedCRC32C.of(length)) + event + Self.little(MaskedCRC32C.of(event))
    )
  }

  // MARK: Protocol buffers

  private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private static func number(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F | 0x80))
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func key(_ field: UInt64, _ type: UInt64) -> [UInt8] { number(field << 3 | type) }

  private static func double(_ field: UInt64, _ value: Double) -> [UInt8] {
    key(field, 1) + little(value.bitPattern)
  }

  private static func float(_ field: UInt64, _ value: Float) -> [UInt8] {
    key(field, 5) + little(value.bitPattern)
  }

  private static func bytes(_ field: UInt64, _ value: [UInt8]) -> [UInt8] {
    key(field, 2) + number(UInt64(value.count)) + value
  }
}
