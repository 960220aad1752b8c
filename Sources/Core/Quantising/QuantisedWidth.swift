import BillhookFiles
import BillhookModels

/// A width of a projection that codes cannot be packed in, and what can be done about it.
struct QuantisedWidth {
  private let obstacle: QuantisationScheme.Obstacle
  private let role: WeightRole

  init(_ obstacle: QuantisationScheme.Obstacle, of role: WeightRole) {
    self.obstacle = obstacle
    self.role = role
  }

  /// The units whose number decides the width; nil for the hidden size, which stays as it is.
  var units: UnitGranularity? {
    let isOfOutputs = if case .outputs = obstacle { true } else { false }
    return switch role {
    case .down: isOfOutputs ? nil : .channels
    case .gate, .up: isOfOutputs ? .channels : nil
    case .output: isOfOutputs ? nil : .heads
    default: isOfOutputs ? .heads : nil
    }
  }

  /// What does not fit, and what to do.
  ///
  /// - Parameters:
  ///   - id: The projection.
  ///   - shapes: The shapes of all projections that are quantised.
  ///   - model: The model that they are in.
  /// - Returns: A sentence.
  func text(_ id: WeightID, among shapes: [[Int]], in model: LanguageModel) -> String {
    let other = "leave \(role.rawValue) out of `targets`"
    switch obstacle {
    case .group(let group, let inputs):
      let fitting = [128, 64, 32].first { size in shapes.allSatisfy { $0[1].isMultiple(of: size) } }
      let remedies = [
        fitting.map { "write `group = \($0)`, which divides all inputs" },
        "write `group = none` for one scale a row", cut(to: group, id, in: model),
      ].compactMap(\.self)
      return "the \(inputs) inputs of \(id) cannot be divided into groups of \(group): "
        + remedies.joined(separator: ", or ")
    case .inputs(let count):
      let least = QuantisationScheme.inputs
      let remedies = [cut(to: least, id, in: model), other].compactMap(\.self)
      return "the \(count) inputs of \(id) are not a multiple of \(least), as programs that load "
        + "codes need it: " + remedies.joined(separator: ", or ")
    case .outputs(let count):
      let least = QuantisationScheme.outputs
      let remedies = [cut(to: least, id, in: model), other].compactMap(\.self)
      return "the \(count) outputs of \(id) are not a multiple of \(least), so that codes of zero "
        + "would not fill whole words: " + remedies.joined(separator: ", or ")
    }
  }

  /// How units are cut so that a multiple of a width is left; nil for the hidden size.
  private func cut(to multiple: Int, _ id: WeightID, in model: LanguageModel) -> String? {
    switch units {
    case .channels: return "cut channels with `multiple_of = \(multiple)`"
    case .heads:
      let size = model.blocks.first { $0.sourceIndex == id.block }?.attention?.headSize ?? 1
      let heads = (1...multiple).first { ($0 * size).isMultiple(of: multiple) } ?? multiple
      let kind = role == .key || role == .value ? "key and value heads" : "query heads"
      return "keep a multiple of \(heads) \(kind) in each block"
    default: return nil
    }
  }
}
