import BillhookEngine
import BillhookFiles
@testable import BillhookModels
import BillhookTorch
import Foundation
import Testing
import TestSupport

/// Directories in the layout of GPTQ, as another program writes them (Scripts/golden_gptq.py).
@Suite struct QuantisedDirectoryTests {
  private struct Logits: Decodable {
    let tokens: [Int]
    let logits: [Double]
  }

  @Test(arguments: ["llama-act-order", "phi3-asymmetric"])
  func codesStandForWhatPythonSays(name: String) throws {
    let folder = Fixture.path("quantised/\(name)")
    let data = try Data(contentsOf: URL(filePath: "\(folder)/logits.json"))
    let golden = try JSONDecoder().decode(Logits.self, from: data)
    let model = try LanguageModel(opening: folder)
    #expect(model.schemes.count == 14)
    #expect(model.schemes.values.allSatisfy { $0.bits == 4 && $0.group == 16 })
    let found = try Traversal(model, .testing()).logits(of: [golden.tokens]).doubles()
    let scale = golden.logits.map(abs).max() ?? 0
    #expect(found.count == golden.logits.count)
    for (found, golden) in zip(found, golden.logits) {
      #expect(abs(found - golden) <= 1e-5 * scale)
    }
  }

  /// What is written holds the same codes, scales and groups, joined again where the family joins them.
  @Test(arguments: ["llama-act-order", "phi3-asymmetric"])
  func writingKeepsCodes(name: String) throws {
    try Fixture.withFolder { folder in
      let model = try LanguageModel(opening: Fixture.path("quantised/\(name)"))
      try FileSystem.makeDirectory("\(folder)/out")
      try ModelWriter(model, dtype: nil, shardLimit: 10_000).write(into: "\(folder)/out")
      let written = try LanguageModel(opening: "\(folder)/out")
      for id in model.projections {
        let before = try #require(try model.weights.quantised(id)).tensors()
        let after = try #require(try written.weights.quantised(id)).tensors()
        for (part, tensor) in before {
          #expect(try after[part]?.hasSameBytes(as: tensor.contiguous()) == true, "\(id) \(part)")
        }
      }
      let names = try FileSystem.names(in: "\(folder)/out").filter { $0.hasSuffix(".safetensors") }
      #expect(names.count > 1)
    }
  }

  /// Scales of another program may be in a type that holds more than f16; they are written as they are.
  @Test func scalesKeepTheirType() throws {
    try copy("llama-act-order") { folder in
      let name = "model.layers.0.mlp.up_proj.scales"
      try ModelCopy(at: folder).rewrite { tensors in
        tensors[name] = try tensors[name].map { try $0.to(.float32) * 1e7 }
      }
      let model = try LanguageModel(opening: folder)
      #expect(model.obstacleToCodes(roundedTo: nil) == nil)
      try FileSystem.makeDirectory("\(folder)/out")
      try ModelWriter(model, dtype: nil, shardLimit: .max).write(into: "\(folder)/out")
      let written = try LanguageModel(opening: "\(folder)/out")
      for block in 0...1 {
        let id = WeightID(.up, block: block)
        let (before, after) = try (model.weights.stored(id), written.weights.stored(id))
        #expect(try after.hasSameBytes(as: before))
        let type = try written.weights.quantised(id)?.scales.dtype
        #expect(type == (block == 0 ? .float32 : .float16))
      }
    }
  }

  /// One configuration says of one type what codes stand for.
  @Test func projectionsOfTwoTypesAreNotCodesOfOneModel() throws {
    try ModelCopy.with("llama-gqa") { copy in
      try copy.rewrite { tensors in
        let name = "model.layers.1.mlp.up_proj.weight"
        tensors[name] = try tensors[name]?.to(.bfloat16)
      }
      let model = try copy.open()
      let scheme = QuantisationScheme(bits: 4, group: 32, isSymmetric: true)
      func obstacle(_ blocks: [Int]) -> String? {
        let ids = blocks.map { WeightID(.up, block: $0) }
        return model.presumingCodes(of: Set(ids), scheme).obstacleToCodes(roundedTo: nil)
      }
      #expect(obstacle([0, 2]) == nil && obstacle([1]) == nil)
      #expect(
        obstacle([0, 1, 2])?.hasPrefix("block 0 up is of float32 and block 1 up of bfloat16")
          == true
      )
    }
  }

  /// Zeros, which all programs read alike, are stored less 1 where the scheme is symmetric.
  @Test func layoutByHand() throws {
    let codes = try Tensor((0..<8).map { _ in Array(0..<8) }.flatMap(\.self), shape: [8, 8])
    let matrix = try QuantisedMatrix(
      codes: codes,
      zeros: Tensor.full([1, 8], 8),
      scales: Tensor.full([1, 8], 0.5),
      QuantisationScheme(bits: 4, group: nil, isSymmetric: true)
    )
    // Input i of output o has the code o: each word of an output is eight times its code.
    let words = try QuantisedMatrix.saved(.codes, of: [matrix])
    #expect(words.shape == [1, 8])
    #expect(try words.integers() == (0..<8).map { 0x1111_1111 * $0 })
    #expect(try QuantisedMatrix.saved(.zeros, of: [matrix]).integers() == [0x7777_7777])
    #expect(
      try QuantisedMatrix.saved(.groups, of: [matrix]).integers() == Array(repeating: 0, count: 8)
    )
    let expected = (0..<8).flatMap { output -> [Double] in
      Array(repeating: 0.5 * Double(output - 8), count: 8)
    }
    #expect(try matrix.dequantised().doubles() == expected)
  }

  /// Both sizes of codes survive packing, those with the highest bit included.
  @Test(arguments: [4, 8]) func packingIsUndone(bits: Int) throws {
    let codes = try Tensor((0..<512).map { ($0 * 37) % (1 << bits) }, shape: [8, 64]).to(.uint8)
    let words = try PackedCodes.packed(codes, bits: bits)
    #expect(words.shape == [8, 64 * bits / 32])
    #expect(try PackedCodes.unpacked(words, bits: bits).hasSameBytes(as: codes))
  }

  /// Where nothing says that zero is in the middle, zeros that are stored as they are may be anywhere.
  @Test func zerosAreWhereTheyAreStored() throws {
    try copy("phi3-asymmetric") { folder in
      let path = "\(folder)/config.json"
      let before = try LanguageModel(opening: folder)
      let id = WeightID(.up, block: 1)
      let expected = try before.weights.stored(id).copied()
      var text = try JSONText(FileSystem.read(path))
      #expect(try text.remove(path: "quantization_config.sym"))
      try FileSystem.write(text.bytes, to: path)
      let model = try LanguageModel(opening: folder)
      #expect(model.schemes.values.allSatisfy { !$0.isSymmetric })
      #expect(try model.weights.stored(id).hasSameBytes(as: expected))
      var inner = try #require(try text.object("quantization_config"))
      inner.set("sym", to: true)
      text.set("quantization_config", to: inner)
      try FileSystem.write(text.bytes, to: path)
      let error = #expect(throws: FileError.self) {
        try LanguageModel(opening: folder).weights.stored(id)
      }
      #expect(error?.place?.hasSuffix("qzeros") == true)
      #expect(error?.message.contains("expected 8 as the code of every zero") == true)
    }
  }

  static let edits: [(key: String, value: JSON, names: [String])] = [
    ("quant_method", "awq", ["quant_method", "awq", "unquantised"]),
    ("bits", 3, ["quantization_config.bits", "4 or 8", "3"]),
    ("checkpoint_format", "marlin", ["checkpoint_format", "gptq_v2"]),
    ("lm_head", true, ["lm_head"]),
    ("pack_dtype", "int16", ["pack_dtype", "int32"]),
    ("desc_act", false, ["g_idx", "neighbouring"]),
  ]

  @Test(arguments: edits.indices) func whatIsNotUnderstoodIsNamed(index: Int) throws {
    let edit = Self.edits[index]
    try copy("llama-act-order") { folder in
      let path = "\(folder)/config.json"
      var text = try JSONText(FileSystem.read(path))
      let json = try JSON(parsing: text.bytes)
      let members = try #require(json["quantization_config"]?.members)
      let kept = members.filter { $0.key != edit.key }
      text.set(
        "quantization_config",
        to: .object(kept + [JSON.Member(key: edit.key, value: edit.value)])
      )
      try FileSystem.write(text.bytes, to: path)
      let error = #expect(throws: FileError.self) {
        let model = try LanguageModel(opening: folder)
        for id in model.projections { _ = try model.weights.stored(id) }
      }
      for name in edit.names {
        #expect(error?.description.contains(name) == true, "\(error?.description ?? "")")
      }
    }
  }

  private typealias Damage = (
    name: String, change: @Sendable (Tensor) throws -> Tensor, says: String
  )

  private static let tensors: [Damage] = [
    ("self_attn.q_proj.qweight", { try $0.narrowed(0, to: 0..<2) }, "qweight"),
    ("self_attn.q_proj.scales", { try $0.to(.int32) }, "floating-point"),
    ("self_attn.q_proj.g_idx", { try Tensor.full($0.shape, 7, dtype: .int32) }, "g_idx"),
    ("self_attn.q_proj.g_idx", { try Tensor.full($0.shape, -1, dtype: .int32) }, "g_idx"),
    ("self_attn.q_proj.qzeros", { try Tensor.full($0.shape, -1, dtype: .int32) }, "gptq_v2"),
    ("self_attn.q_proj.bias", { try Tensor.full($0.shape, 1) }, "belongs to nothing"),
  ]

  @Test(arguments: tensors.indices) func damageIsNamed(index: Int) throws {
    let damage = Self.tensors[index]
    try copy("llama-act-order") { folder in
      let path = "\(folder)/model.safetensors"
      let file = try SafetensorsFile(path)
      let all = try file.names.map { name in
        let tensor = try file.tensor(name).copied()
        let isMeant = name == "model.layers.0.\(damage.name)"
        return (name: name, tensor: try isMeant ? damage.change(tensor).contiguous() : tensor)
      }
      try FileSystem.remove(path)
      try SafetensorsWriter.replace(path, by: all)
      let error = #expect(throws: FileError.self) {
        let model = try LanguageModel(opening: folder)
        for id in model.projections { _ = try model.weights.stored(id) }
      }
      #expect(error?.description.contains(damage.says) == true, "\(error?.description ?? "")")
    }
  }

  private func copy(_ name: String, _ body: (String) throws -> Void) throws {
    try Fixture.withFolder { folder in
      let from = Fixture.path("quantised/\(name)")
      for file in ["config.json", "model.safetensors"] {
        try FileManager.default.copyItem(atPath: "\(from)/\(file)", toPath: "\(folder)/\(file)")
      }
      try body(folder)
    }
  }
}
