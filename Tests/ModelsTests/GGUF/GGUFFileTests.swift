import BillhookFiles
import BillhookTorch
@testable import BillhookModels
import Foundation
import Testing
import TestSupport

/// GGUF files as they are written and read, and files that lie.
@Suite struct GGUFFileTests {
  private static let values: [(key: String, value: GGUFValue)] = [
    ("general.architecture", .string("llama")), ("a", .uint32(7)), ("b", .integer(-3, .int8)),
    ("c", .integer(1 << 40, .uint64)), ("d", .float32(1e-5)), ("e", .real(0.1, .float64)),
    ("f", .bool(true)), ("g", .int32s([1, -2])), ("h", .float32s([0.5, -1000])),
    ("i", .bools([true, false])), ("j", .strings(["", "é", "▁a"])),
    ("k", .integers([300], .uint16)),
  ]

  @Test func whatIsWrittenIsRead() throws {
    try Fixture.withFolder { folder in
      let path = "\(folder)/a.gguf"
      let matrix = try Tensor((0..<96).map { Float($0) / 7 }, shape: [3, 32])
      let types = GGUFTensorType.allCases
      var writer = try GGUFWriter(
        path,
        Self.values,
        holding: types.map { .init(name: "\($0)", type: $0, shape: [3, 32]) }
      )
      for _ in types { try writer.append(matrix) }
      try writer.finish()
      let file = try GGUFFile(path)
      #expect(
        file.metadata == Dictionary(uniqueKeysWithValues: Self.values.map { ($0.key, $0.value) })
      )
      for type in types {
        let found = try file.tensor("\(type)")
        #expect(found.dtype == type.dtype)
        #expect(found.shape == [3, 32])
        let error = try (found.to(.float32) - matrix).abs().max().scalar()
        let scale = try matrix.max().scalar()
        let tolerance: [GGUFTensorType: Double] = [
          .f32: 0, .f16: 1.0 / 2048, .bf16: 1.0 / 256, .q8_0: 1.0 / 254, .q4_0: 1.0 / 8,
        ]
        #expect(error <= scale * (tolerance[type] ?? 0))
      }
      #expect(throws: FileError.self) { try file.tensor("other") }
    }
  }

  @Test func rowsHaveToBeWholeBlocks() throws {
    try Fixture.withFolder { folder in
      let plan = GGUFWriter.Plan(name: "a", type: .q8_0, shape: [2, 40])
      let error = #expect(throws: FileError.self) {
        try GGUFWriter("\(folder)/a.gguf", [], holding: [plan])
      }
      #expect(error?.message.contains("multiple of 32") == true)
    }
  }

  // MARK: Files that lie

  private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }

  private static func text(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + text.utf8 }

  private static func header(tensors: UInt64 = 0, values: UInt64 = 0, version: UInt32 = 3)
    -> [UInt8]
  {
    Array("GGUF".utf8) + bytes(version) + bytes(tensors) + bytes(values)
  }

  private static func tensor(
    _ name: String,
    _ sizes: [UInt64],
    type: UInt32 = 0,
    offset: UInt64 = 0
  ) -> [UInt8] {
    text(name) + bytes(UInt32(sizes.count)) + sizes.flatMap { bytes($0) } + bytes(type)
      + bytes(offset)
  }

  private static let room = [UInt8](repeating: 0, count: 256)

  static let lies: [(bytes: [UInt8], message: String)] = [
    (Array("GGML".utf8) + room, "does not begin with"),
    (Array("GGUF".utf8), "does not begin with"),
    (header(version: 1) + room, "version 1"),
    (Array("GGUF".utf8) + [0, 0, 0, 3] + room, "other byte order"),
    (header(tensors: .max) + room, "tensors, for which it has not enough bytes"),
    (header(values: 1 << 40) + room, "values, for which it has not enough bytes"),
    (header(values: 1) + bytes(UInt64.max) + room, "bytes of a string"),
    (header(values: 1) + text("a") + bytes(UInt32(99)) + room, "unknown type 99"),
    (
      header(values: 1) + text("a") + bytes(UInt32(9)) + bytes(UInt32(4)) + bytes(UInt64(1 << 60))
        + room,
      "elements of an array"
    ),
    (
      header(values: 1) + text("a") + bytes(UInt32(9)) + bytes(UInt32(9)) + bytes(UInt64(1)) + room,
      "array of arrays"
    ),
    (
      header(values: 2) + text("a") + bytes(UInt32(7)) + [1] + text("a") + bytes(UInt32(7)) + [1]
        + room,
      "is there twice"
    ),
    (
      header(values: 1) + text("a") + bytes(UInt32(8)) + bytes(UInt64(2)) + [255, 254] + room,
      "not UTF-8"
    ),
    (
      header(values: 1) + text("general.alignment") + bytes(UInt32(4)) + bytes(UInt32(24)) + room,
      "power of two"
    ),
    (header(tensors: 1) + tensor("a", [4], offset: 0) + [0, 0], "is cut short"),
    (header(tensors: 1) + tensor("a", [4], offset: 1 << 62) + room, "does not have"),
    (header(tensors: 1) + tensor("a", [4], offset: UInt64.max) + room, "has a size of"),
    (header(tensors: 1) + tensor("a", [4], offset: 8) + room, "multiple of 32"),
    (header(tensors: 1) + tensor("a", [1 << 40, 1 << 40]) + room, "cannot hold"),
    (header(tensors: 1) + tensor("a", [1 << 20, 1 << 20]) + room, "does not have"),
    (header(tensors: 1) + tensor("a", []) + room, "0 dimensions"),
    (header(tensors: 1) + tensor("a", [1, 1, 1, 1, 1]) + room, "5 dimensions"),
    (header(tensors: 1) + tensor("a", [256], type: 12) + room, "is of type q4_K"),
    (header(tensors: 1) + tensor("a", [33], type: 8) + room, "q8_0 cannot hold"),
    (header(tensors: 2) + tensor("a", [4]) + tensor("a", [4], offset: 32) + room, "the same name"),
    (header(tensors: 2) + tensor("a", [16]) + tensor("b", [4], offset: 32) + room, "overlaps"),
  ]

  @Test(arguments: lies.indices)
  func liesAreRefused(index: Int) throws {
    let (bytes, message) = Self.lies[index]
    try Fixture.withFolder { folder in
      let path = "\(folder)/a.gguf"
      try Data(bytes).write(to: URL(filePath: path))
      let error = #expect(throws: FileError.self) { try GGUFFile(path) }
      let text = error?.message ?? ""
      #expect(text.contains(message), "\(text)")
      #expect(error?.path == path)
    }
  }
}
