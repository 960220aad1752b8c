import BillhookModels
import BillhookTorch
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
      #expect(throws: ModelError.self) { try file.tensor("third") }
    }
  }

  @Test func aPlannedTensorThatIsNotWrittenIsAnError() throws {
    try Fixture.withFolder { folder in
      let plan = TensorPlan(name: "a", dtype: .float32, shape: [2])
      let writer = try SafetensorsWriter("\(folder)/a.safetensors", holding: [plan])
      #expect(throws: ModelError.self) { try writer.finish() }
      var other = try SafetensorsWriter("\(folder)/b.safetensors", holding: [plan])
      #expect(throws: ModelError.self) { try other.append(Tensor.zeros([3])) }
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
      let error = #expect(throws: ModelError.self) { try SafetensorsFile(path) }
      let text = error?.description ?? ""
      #expect(text.contains(fault.says), "\(text)")
    }
  }

  @Test func filesThatAreTooShortAreExplained() throws {
    try Fixture.withFolder { folder in
      for bytes: [UInt8] in [[], [1, 2, 3], [255, 255, 255, 255, 255, 255, 255, 255, 1]] {
        let path = FileSystem.unusedPath("\(folder)/short")
        try FileSystem.write(bytes, to: path)
        #expect(throws: ModelError.self) { try SafetensorsFile(path) }
      }
    }
  }

  @Test func aFileThatChangesUnderneathIsAnError() throws {
    let header = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    try withFile(header: header, data: [UInt8](repeating: 0, count: 8)) { path in
      let file = try SafetensorsFile(path)
      _ = try file.tensor("a")
      try Self.overwrite(path, with: [1, 2, 3])
      let error = #expect(throws: ModelError.self) { try file.tensor("a") }
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
