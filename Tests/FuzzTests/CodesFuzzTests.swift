import BillhookCore
@testable import BillhookModels
import TestSupport
import Testing

/// Directories with codes, damaged in what `quantization_config` says and in the tensors of one module: an
/// error that names the file, or finite numbers of the right shape.
@Suite struct CodesFuzzTests {
  private static let values: [JSON] = [
    "gptq", "gptq_v2", "awq", "int32", 4, 8, 3, 0, -1, 16, 32, 1_099_511_627_776, true, false,
    .null, [], [:], "float32", "float16", "int8",
  ]

  @Test func codes() throws {
    let result = try Fixture.withFolder { folder in
      let models = try ["llama-act-order", "phi3-asymmetric"].map {
        try ModelFolder($0, of: Fixture.path("quantised/\($0)"), in: folder)
      }
      let sources = try models.map { try SafetensorsFile("\($0.path)/model.safetensors") }
      return try Fuzzing.run("codes", inputs: 120) { random in
        let number = Int.random(in: 0..<models.count, using: &random)
        let model = models[number]
        defer { for name in ["config.json", "model.safetensors"] { try? model.restore(name) } }
        if random.isOne(of: 2) {
          try model.replace("config.json", by: configuration(of: model, &random))
        }
        if !random.isOne(of: 3) {
          try model.replace("model.safetensors", by: [])
          try FileSystem.remove("\(model.path)/model.safetensors")
          try SafetensorsWriter.replace(
            "\(model.path)/model.safetensors",
            by: tensors(of: sources[number], &random)
          )
        }
        guard let opened = try model.opened() else { return .refused }
        do {
          for (id, shape) in opened.configuration.allWeights where id.block == 0 {
            let stored = try opened.weights.stored(id)
            try Fault.unless(stored.shape == shape, "\(id) is \(stored.shape), not \(shape)")
            try Fault.unless(stored.allFinite(), "\(id) holds numbers that are not finite")
          }
          return .accepted
        } catch let error as FileError {
          try Fault.unless(error.path.hasPrefix(model.path), "an error without its file: \(error)")
          return .refused
        }
      }
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }

  private func configuration(of model: ModelFolder, _ random: inout SplitMix64) throws -> [UInt8] {
    let json = try JSON(parsing: model.original("config.json"))
    let key = ConfigurationReader.codesKey
    let codes = json[key] ?? .null
    let changed = Mutation.json(codes, values: Self.values, &random)
    let members = (json.members ?? []).map {
      $0.key == key ? JSON.Member(key: key, value: changed) : $0
    }
    return Array(JSON.object(members).text().utf8)
  }

  /// The tensors, of which some of the first block are missing, cut, of another type or other numbers.
  private func tensors(of file: SafetensorsFile, _ random: inout SplitMix64) throws
    -> [(name: String, tensor: Tensor)]
  {
    var tensors = try file.names.map { ($0, try file.tensor($0)) }
    for _ in 0..<Int.random(in: 1...2, using: &random) {
      let parts = tensors.indices.filter { index in
        tensors[index].0.contains("layers.0.")
          && QuantisedPlace.parts.contains { tensors[index].0.hasSuffix(".\($0)") }
      }
      guard let index = parts.randomElement(using: &random) else { continue }
      let (name, tensor) = tensors[index]
      let new: Tensor?
      switch Int.random(in: 0..<6, using: &random) {
      case 0: new = nil
      case 1:
        let end = Int.random(in: 0...tensor.shape[0], using: &random)
        new = try tensor.narrowed(0, to: 0..<end).contiguous()
      case 2:
        let dtypes: [DType] = [.float32, .float16, .int64, .uint8, .int32]
        new = try tensor.to(dtypes.randomElement(using: &random) ?? .int64)
      case 3: new = try tensor.reshaped([-1])
      default:
        let numbers = [-1, 0, 1, 7, 1 << 30, Int(Int32.max), Int(Int32.min)]
        let number = Double(numbers.randomElement(using: &random) ?? 0)
        let isReal = tensor.dtype.isFloatingPoint
        // A tensor that became one of bytes takes the lowest bits of a number.
        new = try Tensor.full(
          tensor.shape,
          isReal ? 1 : number,
          dtype: isReal ? tensor.dtype : .int64
        )
        .to(tensor.dtype)
      }
      if let new { tensors[index] = (name, new) } else { tensors.remove(at: index) }
    }
    return tensors
  }
}
