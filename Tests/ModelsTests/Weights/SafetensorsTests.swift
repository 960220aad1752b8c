import BillhookCore
import Foundation
import Testing
import TestSupport

@Suite struct SafetensorsTests {
  @Test(arguments: [DType.float32, .bfloat16, .float16, .float64, .int64, .uint8])
  func whatIsWrittenIsRead(dtype: DType) throws {
    try Fixture.withFolder { folder in
      let first = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]).to(dtype)
      let second = try Tensor([7] as [Float]).to(dtype)
      let path = "\(folder)/a.safetensors"
      var writer = try SafetensorsWriter(
        path,
        holding: [
          TensorPlan(name: "first", dtype: dtype, shape: [2, 3]),
          TensorPlan(name: "second", dtype: dtype, shape: [1]),
        ]
      )
      try writer.append(first)
      try writer.append(second)
      try writer.finish()
      let file = try SafetensorsFile(path)
      #expect(file.names == ["first", "second"])
      #expect(file.shape(of: "first") == [2, 3])
      #expect(try file.tensor("first").equals(first))
      #expect(try file.tensor("second").equals(second))
      #expect(throws: FileError.self) { try file.tensor("third") }
    }
  }

  @Test func aPlannedTensorThatIsNotWrittenIsAnError() throws {
    try Fixture.withFolder { folder in
      let plan = TensorPlan(name: "a", dtype: .float32, shape: [2])
      let writer = try SafetensorsWriter("\(folder)/a.safetensors", holding: [plan])
      #expect(throws: FileError.self) { try writer.finish() }
      var other = try SafetensorsWriter("\(folder)/b.safetensors", holding: [plan])
      #expect(throws: FileError.self) { try other.append(Tensor.zeros([3])) }
    }
  }

  @Test func unalignedTensorsAreCopied() throws {
    // A header of odd length puts every tensor at an odd address.
    let header = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  "#
    try withFile(
      header: header.utf8.count % 2 == 0 ? header + " " : header,
      data: [
        0, 0, 128, 63, 0, 0, 0, 64,
      ]
    ) { path in
      let floats = try SafetensorsFile(path).tensor("a").floats()
      #expect(floats == [1, 2])
    }
  }

  static let faults: [(header: String, data: Int, says: String)] = [
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[6,8]}}"#,
      8, "`b`: `data_offsets`: the 2 bytes before it belong to no tensor"
    ),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,9223372036854775807]}}"#, 1, "`a`"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,9223372036854775808]}}"#, 1, "`a`"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[-9223372036854775808,1]}}"#, 1, "`a`"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}"#, 1, "`a`: `data_offsets`"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0.5,1]}}"#, 1, "`a`: `data_offsets`"),
    (#"{"a":{"dtype":"U8","shape":[1]}}"#, 1, "`a`: `data_offsets`"),
    (#"{"a":{"dtype":"U8","shape":[0.5],"data_offsets":[0,1]}}"#, 1, "`a`: has no `shape`"),
    (#"{"a":{"dtype":"U8","data_offsets":[0,1]}}"#, 1, "`a`: has no `shape`"),
    (#"{"a":[]}"#, 0, "`a`: has no `dtype`"),
    (
      #"{"a":{"dtype":"U8","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}"#, 0,
      "`a`: 0 bytes do not hold the shape"
    ),
    (
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[\(String(repeating: "1,", count: 64))1],"
        + "\"data_offsets\":[0,1]}}", 1, "`a`: `shape` has 65 extents, expected at most 64"
    ),
    (
      "{\"\u{E9}\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
        + "\"e\u{301}\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0,
      "another tensor's name looks the same"
    ),
    (String(repeating: "[", count: 100_000), 0, "nested deeper than 128 levels"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}"#, 8, "data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,2]}}"#, 8, "data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-4,4]}}"#, 8, "data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "do not hold the shape"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "shape"),
    (#"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}"#, 8, "dtype F4"),
    (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, 8, "dtype"),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#,
      6, "overlaps"
    ),
    (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 9, "belong to no tensor"),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, "shape"),
    (
      #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#,
      0, "JSON"
    ),
    (#"[]"#, 0, "object"),
    (#"{"a""#, 0, "JSON"),
  ]

  @Test(arguments: faults.indices)
  func damagedHeadersAreExplained(index: Int) throws {
    let fault = Self.faults[index]
    try withFile(header: fault.header, data: [UInt8](repeating: 0, count: fault.data)) { path in
      let error = #expect(throws: FileError.self) { try SafetensorsFile(path) }
      let text = error?.description ?? ""
      #expect(text.hasPrefix(path) && text.contains(fault.says), "\(text)")
    }
  }

  @Test func unsortedNamesAndEmptyTensorsAreRead() throws {
    let header =
      #"{"z":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"#
      + #""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
      + #""e":{"dtype":"U8","shape":[0,7],"data_offsets":[1,1]}}"#
    try withFile(header: header, data: [5, 6, 7]) { path in
      let file = try SafetensorsFile(path)
      #expect(file.names == ["a", "e", "z"])
      let numbers = try file.names.map { (name: String) in try file.tensor(name).integers() }
      #expect(numbers == [[5], [], [6, 7]])
    }
  }

  @Test func headersLongerThanAnyRealOneAreNotRead() throws {
    try Fixture.withFolder { folder in
      let path = "\(folder)/a.safetensors"
      try FileSystem.write([1, 225, 245, 5, 0, 0, 0, 0], to: path)
      #expect(truncate(path, 1 << 40) == 0)
      let error = #expect(throws: FileError.self) { try SafetensorsFile(path) }
      #expect(
        error?.description == "\(path): the header says that it is 100000001 bytes long, "
          + "expected at most 100000000"
      )
    }
  }

  @Test func aFileThatGrewIsAnError() throws {
    let header = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    try withFile(header: header, data: [UInt8](repeating: 0, count: 8)) { path in
      let file = try SafetensorsFile(path)
      #expect(truncate(path, 1 << 20) == 0)
      let error = #expect(throws: FileError.self) { try file.tensor("a") }
      #expect(error?.path == path)
      #expect(error?.message.contains("changed") == true)
    }
  }

  @Test func filesThatAreTooShortAreExplained() throws {
    try Fixture.withFolder { folder in
      for bytes: [UInt8] in [[], [1, 2, 3], [255, 255, 255, 255, 255, 255, 255, 255, 1]] {
        let path = FileSystem.unusedPath("\(folder)/short")
        try FileSystem.write(bytes, to: path)
        #expect(throws: FileError.self) { try SafetensorsFile(path) }
      }
    }
  }

  @Test func aFileThatChangesUnderneathIsAnError() throws {
    let header = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    try withFile(header: header, data: [UInt8](repeating: 0, count: 8)) { path in
      let file = try SafetensorsFile(path)
      _ = try file.tensor("a")
      try Self.overwrite(path, with: [1, 2, 3])
      let error = #expect(throws: FileError.self) { try file.tensor("a") }
      #expect(error?.message.contains("changed") == true)
    }
  }

  private func withFile(header: String, data: [UInt8], _ body: (String) throws -> Void) throws {
    try Fixture.withFolder { folder in
      var length = UInt64(header.utf8.count).littleEndian
      let bytes = withUnsafeBytes(of: &length) { Array($0) } + Array(header.utf8) + data
      let path = "\(folder)/test.safetensors"
      try FileSystem.write(bytes, to: path)
      try body(path)
    }
  }

  /// Writes into the file itself; FileSystem.write would put another file in its place.
  private static func overwrite(_ path: String, with bytes: [UInt8]) throws {
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.write(contentsOf: bytes)
    try file.close()
  }
}
