import BillhookCore

/// The shapes of sub-layers, in words.
enum ShapeText {
  /// Heads, what they see, and what is special about them.
  static func text(_ shape: AttentionShape) -> String {
    var parts = [
      "\(counted(shape.queryHeads, "query head")), \(counted(shape.keyValueHeads, "KV head")) "
        + "of \(shape.headSize)"
    ]
    parts.append(shape.window.map { "sees \(counted($0, "token"))" } ?? "sees all tokens")
    parts.append(shape.rotary.map { "rotary \(text($0))" } ?? "no rotary positions")
    if let scaling = shape.queryScaling {
      parts.append(
        "queries grow by \(number(scaling.strength)) · log(1 + position / \(scaling.length))"
      )
    }
    if shape.hasInputBias { parts.append(shape.hasOutputBias ? "biases" : "biases on q, k, v") }
    switch shape.queryKeyNorm {
    case .eachHead: parts.append("normalised heads")
    case .allHeads: parts.append("norms over all heads of queries and keys")
    case nil: break
    }
    if let cap = shape.softCap { parts.append("soft cap \(number(cap))") }
    return parts.joined(separator: ", ")
  }

  /// The width, and what is special about it.
  static func text(_ shape: MLPShape) -> String {
    let activation =
      switch shape.activation {
      case .silu: "SiLU"
      case .gelu: "GELU"
      case .geluTanh: "GELU (tanh)"
      case .squaredReLU: "squared ReLU"
      }
    return "\(counted(shape.width, "channel")), \(activation)"
      + (shape.isGated ? "" : " without a gate") + (shape.hasBias ? ", biases" : "")
  }

  /// What embeddings, the outputs of sub-layers and logits are multiplied by or divided by; nil for
  /// nothing.
  static func factors(_ model: ModelConfiguration) -> String? {
    let factors = [
      model.embeddingScale.map { "embeddings x\(number($0))" },
      model.residualScale.map { "outputs of sub-layers x\(number($0))" },
      model.logitDivisor.map { "logits divided by \(number($0))" },
      model.logitSoftCap.map { "logits with soft cap \(number($0))" },
    ].compactMap(\.self)
    return factors.isEmpty ? nil : factors.joined(separator: ", ")
  }

  private static func text(_ rotary: RotaryDescription) -> String {
    var text = "base \(number(rotary.base))"
    if rotary.share < 1 { text += " on \(number(100 * rotary.share)) % of the channels" }
    switch rotary.scaling {
    case .none: return text
    case .linear(let factor): return text + ", linear x\(number(factor))"
    case .dynamic(let factor, _): return text + ", dynamic x\(number(factor))"
    case .llama3(let factor, _, _, _): return text + ", llama3 x\(number(factor))"
    case .yarn(let yarn): return text + ", yarn x\(number(yarn.factor))"
    case .longrope(_, _, let length, _): return text + ", longrope from \(length) tokens"
    }
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
