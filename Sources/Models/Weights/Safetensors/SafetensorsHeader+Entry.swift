import BillhookFiles
import BillhookTorch

extension SafetensorsHeader.Entry {
  /// The most dimensions that libtorch's loops over a tensor support.
  private static let mostExtents = 64

  /// Reads and checks what a header says about one tensor.
  ///
  /// - Parameters:
  ///   - name: The name of the tensor.
  ///   - json: What the header says about it.
  ///   - path: The file.
  ///   - data: The range of the file that holds tensors.
  /// - Throws: `FileError` that names the tensor.
  init(_ name: String, _ json: JSON, path: String, data: Range<Int>) throws(FileError) {
    guard let code = json["dtype"]?.string else {
      throw FileError(path, at: name, "has no `dtype`")
    }
    guard let dtype = DType(safetensors: code) else {
      throw FileError(
        path,
        at: name,
        "has the dtype \(code.shown(atMost: 40)), which is not supported; supported are "
          + DType.allCases.map(\.safetensors).joined(separator: ", ")
      )
    }
    let extents = json["shape"]?.array ?? []
    let shape = extents.compactMap(\.int)
    guard json["shape"]?.array != nil, shape.count == extents.count,
      shape.allSatisfy({ $0 >= 0 })
    else { throw FileError(path, at: name, "has no `shape` of whole numbers") }
    guard shape.count <= Self.mostExtents else {
      throw FileError(
        path,
        at: name,
        "`shape` has \(shape.count) extents, expected at most \(Self.mostExtents)"
      )
    }
    let offsets = json["data_offsets"]?.array ?? []
    guard offsets.count == 2, let start = offsets[0].int, let end = offsets[1].int,
      0 <= start, start <= end, end <= data.count
    else {
      throw FileError(
        path,
        at: name,
        "`data_offsets` must be two rising offsets within the \(data.count) bytes of data; "
          + "the file is cut short or damaged"
      )
    }
    guard Self.byteCount(shape, dtype) == end - start else {
      throw FileError(
        path,
        at: name,
        "\(end - start) bytes do not hold the shape \(shape) in \(code)"
      )
    }
    let bytes = data.lowerBound + start..<data.lowerBound + end
    self.init(name: name, dtype: dtype, shape: shape, bytes: bytes)
  }

  /// The bytes that a shape takes; nil when a stride or the number itself does not fit into `Int`.
  private static func byteCount(_ shape: [Int], _ dtype: DType) -> Int? {
    var count = dtype.byteCount
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: max(1, extent))
      guard !overflow else { return nil }
      count = product
    }
    return shape.contains(0) ? 0 : count
  }
}
