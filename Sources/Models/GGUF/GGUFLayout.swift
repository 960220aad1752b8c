import BillhookTorch

/// The tensors in which an architecture of llama.cpp stores a model, in the order of the file.
struct GGUFLayout: Sendable {
  let architecture: GGUFArchitecture
  let model: ModelConfiguration
  /// The tensors; blocks are numbered by their position.
  let tensors: [GGUFTensor]

  /// The channels of zeros that stand for an MLP that was removed: llama.cpp's `deci` loses the
  /// attention of a block without an MLP, and the whole output where it is the last.
  static let fillerWidth = 32

  init(_ model: ModelConfiguration, in architecture: GGUFArchitecture) throws(TorchError) {
    self.architecture = architecture
    self.model = model
    var tensors: [GGUFTensor] = []
    for (id, shape) in model.modelWeights {
      tensors.append(Self.tensor(id, shape, "", architecture))
    }
    tensors += try Self.rotaryFactors(of: model)
    for (position, block) in model.blocks.enumerated() {
      let prefix = "blk.\(position)."
      let weights = model.weights(of: block)
      if block.attention == nil, position == 0 {
        tensors += Self.attentionFiller(model, prefix)
      }
      var fused: [String: (parts: [WeightID], rows: Int)] = [:]
      for (id, shape) in weights {
        if architecture.fusesProjections, let name = Self.fusedName(id.role) {
          fused[name, default: ([], 0)].parts.append(id)
          fused[name, default: ([], 0)].rows += shape[0]
          guard id.role == .value || id.role == .up else { continue }
          let whole = fused[name] ?? ([], 0)
          tensors.append(
            GGUFTensor(
              name: prefix + name,
              shape: [whole.rows, shape[1]],
              content: .weights(whole.parts)
            )
          )
        } else {
          tensors.append(Self.tensor(id, shape, prefix, architecture, block.attention))
        }
      }
      if block.mlp == nil { tensors += Self.mlpFiller(model, prefix) }
    }
    self.tensors = tensors
  }

  private static func tensor(
    _ id: WeightID,
    _ shape: [Int],
    _ prefix: String,
    _ architecture: GGUFArchitecture,
    _ attention: AttentionShape? = nil
  ) -> GGUFTensor {
    var content = GGUFTensor.Content.weights([id])
    if architecture.interleavesHeads, let attention {
      switch id.role {
      case .query, .queryBias: content = .interleaved(id, heads: attention.queryHeads)
      case .key, .keyBias: content = .interleaved(id, heads: attention.keyValueHeads)
      default: break
      }
    }
    if architecture.raisesNorms, id.role.kind == .norm { content = .raised(id) }
    let name = id.role == .mlpNorm ? architecture.mlpNorm : id.role.ggufName
    return GGUFTensor(name: prefix + name, shape: shape, content: content)
  }

  /// The name of the tensor in which a projection is stacked with others.
  private static func fusedName(_ role: WeightRole) -> String? {
    switch role {
    case .query, .key, .value: "attn_qkv.weight"
    case .gate, .up: "ffn_up.weight"
    default: nil
    }
  }

  /// The heads of zeros that stand for the attention of the first block, of which llama.cpp takes the
  /// size of heads: as many as fill a block of 32 channels.
  static func fillerHeads(_ model: ModelConfiguration) -> Int {
    let size = model.headSize
    return size % fillerWidth == 0
      ? 1 : (1...fillerWidth).first { $0 * size % fillerWidth == 0 } ?? 1
  }

  private static func attentionFiller(_ model: ModelConfiguration, _ prefix: String) -> [GGUFTensor]
  {
    let (hidden, rows) = (model.hiddenSize, fillerHeads(model) * model.headSize)
    return filler(
      [
        (.attentionNorm, [hidden]), (.query, [rows, hidden]), (.key, [rows, hidden]),
        (.value, [rows, hidden]), (.output, [hidden, rows]),
      ],
      prefix
    )
  }

  private static func mlpFiller(_ model: ModelConfiguration, _ prefix: String) -> [GGUFTensor] {
    let (hidden, width) = (model.hiddenSize, fillerWidth)
    return filler(
      [
        (.mlpNorm, [hidden]), (.gate, [width, hidden]), (.up, [width, hidden]),
        (.down, [hidden, width]),
      ],
      prefix
    )
  }

  private static func filler(_ shapes: [(WeightRole, [Int])], _ prefix: String) -> [GGUFTensor] {
    shapes.map { role, shape in
      GGUFTensor(
        name: prefix + role.ggufName,
        shape: shape,
        content: .filled(role.kind == .norm ? 1 : 0)
      )
    }
  }

  /// The factors by which wavelengths are longer, where the architecture reads them from tensors.
  private static func rotaryFactors(of model: ModelConfiguration) throws(TorchError)
    -> [GGUFTensor]
  {
    guard let attention = model.blocks.lazy.compactMap(\.attention).first,
      let rotary = attention.rotary
    else { return [] }
    func tensor(_ name: String, _ values: [Float]) -> GGUFTensor {
      GGUFTensor(name: name, shape: [values.count], content: .values(values))
    }
    switch rotary.scaling {
    case .llama3:
      var plain = rotary
      plain.scaling = .none
      let before = try plain.frequencies(headSize: attention.headSize, tokens: 1)
      let after = try rotary.frequencies(headSize: attention.headSize, tokens: 1)
      return [tensor("rope_freqs.weight", zip(before, after).map { $0 / $1 })]
    case .longrope(let short, let long, _, _):
      return [
        tensor("rope_factors_long.weight", long.map(Float.init)),
        tensor("rope_factors_short.weight", short.map(Float.init)),
      ]
    default: return []
    }
  }
}

extension ModelConfiguration {
  /// The number of channels of a head, which all blocks share.
  var headSize: Int { blocks.lazy.compactMap(\.attention).first?.headSize ?? 0 }
}
