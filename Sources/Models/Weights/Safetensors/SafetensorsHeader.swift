import BillhookFiles
import BillhookTorch

/// The table of contents of a safetensors file.
///
/// Layout: the length of the header as 8 bytes, least significant first; the header as JSON; the
/// tensors, one right after the other.
struct SafetensorsHeader {
  /// The type, shape and location of a tensor in the file.
  struct Entry {
    let name: String
    let dtype: DType
    let shape: [Int]
    /// Offsets from the start of the file.
    let bytes: Range<Int>
  }

  /// The tensors in the order of their bytes.
  let entries: [Entry]

  /// Headers beyond this are refused, as by the format's own library.
  private static let longestHeader = 100_000_000

  /// Reads and checks the header: every tensor is inside the file, none overlaps another, and no
  /// byte is left over.
  init(of file: MappedFile) throws(FileError) {
    let path = file.path
    guard file.byteCount >= 8 else {
      throw FileError(path, "is too short for a safetensors file: \(file.byteCount) bytes")
    }
    let length = try file.copy(of: 0..<8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(file.byteCount - 8) else {
      throw FileError(
        path,
        "the header says that it is \(length) bytes long, but only \(file.byteCount - 8) follow; "
          + "the file is cut short, or not a safetensors file"
      )
    }
    guard length <= Self.longestHeader else {
      throw FileError(
        path,
        "the header says that it is \(length) bytes long, expected at most \(Self.longestHeader)"
      )
    }
    let start = 8 + Int(length)
    let members = try Self.members(file, in: 8..<start)
    var entries: [Entry] = []
    for member in members where member.key != "__metadata__" {
      entries.append(
        try Entry(member.key, member.value, path: path, data: start..<file.byteCount)
      )
    }
    // Of two that begin together the empty one comes first, or the other would seem to overlap it.
    entries.sort {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }
    try Self.checkNoGaps(entries, path: path, data: start..<file.byteCount)
    self.entries = entries
  }

  private static func members(_ file: MappedFile, in range: Range<Int>) throws(FileError)
    -> [JSON.Member]
  {
    let bytes = try file.copy(of: range)
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: bytes)
    } catch {
      throw FileError(file.path, "the header is not valid JSON: \(error)")
    }
    guard let members = json.members else {
      throw FileError(file.path, "expected an object as header, found \(json.kind)")
    }
    return members
  }

  private static func checkNoGaps(_ entries: [Entry], path: String, data: Range<Int>)
    throws(FileError)
  {
    var end = data.lowerBound
    for entry in entries {
      let start = entry.bytes.lowerBound
      guard start >= end else {
        throw FileError(path, at: entry.name, "`data_offsets`: overlaps another tensor")
      }
      guard start == end else {
        throw FileError(
          path,
          at: entry.name,
          "`data_offsets`: the \(start - end) bytes before it belong to no tensor"
        )
      }
      end = entry.bytes.upperBound
    }
    guard end == data.upperBound else {
      throw FileError(path, "\(data.upperBound - end) bytes at its end belong to no tensor")
    }
  }
}
