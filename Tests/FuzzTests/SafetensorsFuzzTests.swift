import BillhookCore
import Foundation
import TestSupport
import Testing

/// Random safetensors files: an error that names the file, or tensors that can be read.
@Suite struct SafetensorsFuzzTests {
  private static let values: [JSON] = [
    "F32", "F16", "BF16", "F64", "I64", "U8", "BOOL", "F8_E4M3", "U64", [0, 4], [4, 0], [-4, 0],
    [0, 4_611_686_018_427_387_904], [0, 9_223_372_036_854_775_807], [1, 1], [],
    [4_294_967_296, 4_294_967_296], [0, 4_611_686_018_427_387_904, 4_611_686_018_427_387_904],
    .array(Array(repeating: 1, count: 100)),
  ]

  @Test func safetensors() throws {
    let result = try Fixture.withFolder { folder in
      try Fuzzing.run("safetensors", inputs: 1500) { random in
        let path = "\(folder)/a.safetensors"
        try Data(file(&random)).write(to: URL(filePath: path))
        do throws(FileError) {
          let file = try SafetensorsFile(path)
          if random.isOne(of: 8) {
            try change(file, &random)
          } else {
            try read(file)
          }
          return .accepted
        } catch {
          try Fault.unless(error.path == path, "\(error)")
          return .refused
        }
      }
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }

  /// A sound file that may be damaged: in its header's structure or text, its length, its end.
  private func file(_ random: inout SplitMix64) -> [UInt8] {
    var members: [JSON.Member] = []
    var end = 0
    for index in 0..<Int.random(in: 0...5, using: &random) {
      let dtype = DType.allCases.randomElement(using: &random) ?? .float32
      let shape = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        Int.random(in: 0...4, using: &random)
      }
      let start = end
      end += shape.reduce(dtype.byteCount, *)
      let value: JSON = [
        "dtype": .string(Self.code(dtype)),
        "shape": .array(shape.map { .number(JSONNumber($0)) }),
        "data_offsets": [.number(JSONNumber(start)), .number(JSONNumber(end))],
      ]
      members.append(JSON.Member(key: "t\(index)", value: value))
    }
    if random.isOne(of: 3) { members.append(.init(key: "__metadata__", value: ["format": "pt"])) }
    members.shuffle(using: &random)
    var json = JSON.object(members)
    let isDamaged = random.isOne(of: 2)
    if isDamaged, !random.isOne(of: 4) {
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        json = Mutation.json(json, values: Self.values, &random)
      }
    }
    var header = Array(json.text(indent: nil).utf8)
    if isDamaged, random.isOne(of: 4) { Mutation.bytes(&header, pieces: ["0", "9", "-"], &random) }
    var length = UInt64(header.count)
    if isDamaged, random.isOne(of: 8) { length = damaged(length, &random) }
    var file = withUnsafeBytes(of: length.littleEndian) { Array($0) } + header
    file += (0..<end).map { _ in .random(in: 0...1, using: &random) }
    if isDamaged, random.isOne(of: 4) { Mutation.bytes(&file, &random) }
    return file
  }

  private func damaged(_ length: UInt64, _ random: inout SplitMix64) -> UInt64 {
    let lengths = [length + 1, length &- 1, 0, 1 << 32, 100_000_001, 1 << 63, .max, .max - 7]
    return random.isOne(of: 2) ? random.next() : lengths.randomElement(using: &random) ?? 0
  }

  private static func code(_ dtype: DType) -> String {
    switch dtype {
    case .bfloat16: "BF16"
    case .bool: "BOOL"
    case .uint8: "U8"
    default: dtype.rawValue.prefix(1).uppercased() + "\(dtype.byteCount * 8)"
    }
  }

  private func read(_ file: SafetensorsFile) throws(FileError) {
    for name in file.names {
      let tensor = try file.tensor(name)
      // Two names must not look the same to Swift, so every name finds its own tensor.
      guard tensor.shape == file.shape(of: name), tensor.dtype == file.dtype(of: name),
        let numbers = try? tensor.floats(), numbers.count == tensor.elementCount
      else { throw FileError("no tensor", at: name, "\(tensor)") }
    }
  }

  /// A file that was cut or grew since it was opened is refused, and nothing of it is read.
  private func change(_ file: SafetensorsFile, _ random: inout SplitMix64) throws(FileError) {
    let size = FileManager.default.size(of: file.path)
    let new = random.isOne(of: 2) ? size + 1 : Int.random(in: 0..<size, using: &random)
    guard truncate(file.path, new) == 0 else { return }
    for name in file.names {
      guard (try? file.tensor(name)) == nil else {
        throw FileError("changed and read", at: name, "")
      }
    }
  }
}

extension FileManager {
  fileprivate func size(of path: String) -> Int {
    ((try? attributesOfItem(atPath: path))?[.size] as? NSNumber)?.intValue ?? 0
  }
}
