public import BillhookFiles
public import BillhookTorch

/// Writes the one matrix of a safetensors file some rows at a time, in any order; a later writer may go
/// on where one was stopped.
public struct SafetensorsRows {
  private let file: PatchedFile
  private let path: String
  private let plan: TensorPlan
  /// Where the first row begins in the file.
  private let start: Int

  /// Creates the file, or opens one that was begun.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - plan: The matrix, `[rows, columns]`.
  ///   - written: How many rows from the first on an earlier writer wrote; nil for a new file.
  /// - Throws: `FileError` when the file cannot be created or opened, or does not hold them.
  public init(_ path: String, holding plan: TensorPlan, written: Int?) throws(FileError) {
    self.path = path
    self.plan = plan
    let header = SafetensorsWriter.header([plan])
    var length = UInt64(header.count).littleEndian
    let bytes = withUnsafeBytes(of: &length) { Array($0) } + header
    start = bytes.count
    if let written {
      let known = try MappedFile(path)
      guard known.byteCount >= start + written * plan.shape[1] * plan.dtype.byteCount,
        try known.copy(of: 0..<start) == bytes
      else {
        throw FileError(
          path,
          at: plan.name,
          "expected the first \(written) rows of a matrix of the shape \(plan.shape)"
        )
      }
    }
    file = try PatchedFile(path, isNew: written == nil)
    if written == nil { try file.write(bytes, at: 0) }
  }

  /// Writes rows, rounded to the planned type.
  ///
  /// - Parameters:
  ///   - rows: `[rows, columns]`.
  ///   - first: The number of the first one.
  /// - Throws: `FileError` when they do not fit, or cannot be written.
  public func write(_ rows: Tensor, at first: Int) throws {
    guard rows.shape.count == 2, rows.shape[1] == plan.shape[1],
      0...plan.shape[0] ~= first, first + rows.shape[0] <= plan.shape[0]
    else {
      throw FileError(
        path,
        at: plan.name,
        "expected rows of \(plan.shape), found \(rows.shape) at row \(first)"
      )
    }
    let place = start + first * plan.shape[1] * plan.dtype.byteCount
    try rows.to(plan.dtype).withBytes { try file.write($0, at: place) }
  }

  /// Syncs what was written so far to the disk.
  public func sync() throws(FileError) { try file.sync() }
}
