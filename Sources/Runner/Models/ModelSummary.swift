import BillhookCore
import BillhookPipeline

/// What a model is made of, in lines of words.
struct ModelSummary {
  /// A name and what there is to say about it, line by line.
  let lines: [String]

  /// Describes a model, with the units that the plugins can prune.
  init(_ model: LanguageModel, _ registry: Registry) throws {
    let configuration = model.configuration
    var lines = [
      Self.line(
        "family",
        configuration.architecture
          + (configuration.imageModel.map { ", the text model of an image model (\($0))" } ?? "")
      ),
      Self.line("weights", try Self.size(configuration.allWeights, model)),
      Self.line("positions", "\(configuration.maximumPositions)"),
      Self.line("tokenizer", Self.tokenizer(model)),
      "",
      Self.line("embedding", try Self.size(Array(configuration.modelWeights.prefix(1)), model)),
    ]
    if let file = try model.fileSummary() { lines.insert(Self.line("file", file), at: 1) }
    for group in Self.groups(model.blocks) {
      lines += try Self.lines(group, model)
    }
    let exit = configuration.modelWeights.dropFirst()
    let tied = configuration.tiesEmbeddings ? ", with the embedding's table" : ""
    lines.append(Self.line("exit", try Self.size(Array(exit), model) + tied))
    if let factors = ShapeText.factors(configuration) {
      lines.append(Self.line("factors", factors))
    }
    if let nonZero = try model.nonZeroCount() {
      let share = 100 * Double(nonZero) / Double(max(1, model.parameterCount))
      let text =
        "\(Quantity.count(nonZero)) of \(Quantity.count(model.parameterCount)) parameters "
        + "(\(rounded(share)) %); masks hold the others at zero"
      lines.append(Self.line("non-zero", text))
    }
    if let codes = Self.codes(model) {
      self.lines =
        lines + [
          Self.line("codes", codes), "",
          Self.line("prune", "not possible: weights are codes; start from the unquantised model"),
        ]
      return
    }
    lines.append("")
    for name in registry.names(of: .unit) {
      let found = registry.plugin(.unit, named: name)
      if let type = found as? any SparseUnit.Type {
        let count = model.configuration.allWeights.filter { type.init().roles.contains($0.id.role) }
          .reduce(0) { $0 + $1.shape.reduce(1, *) }
        lines.append(Self.line("prune \(name)", "\(Quantity.count(count)) single weights"))
      }
      guard let type = found as? any PruningUnit.Type else { continue }
      let unit = type.init()
      let obstacle = unit.obstacle(to: model).map { "not possible: \($0)" }
      lines.append(Self.line("prune \(name)", obstacle ?? Self.units(unit.units(of: model))))
    }
    self.lines = lines
  }

  private static func line(_ name: String, _ text: String) -> String {
    name + String(repeating: " ", count: max(1, 16 - name.count)) + text
  }

  /// Neighbouring blocks that are alike.
  private static func groups(_ blocks: [BlockShape]) -> [[BlockShape]] {
    blocks.reduce(into: []) { groups, block in
      if let last = groups.last?.last, last.attention == block.attention, last.mlp == block.mlp {
        groups[groups.count - 1].append(block)
      } else {
        groups.append([block])
      }
    }
  }

  private static func lines(_ group: [BlockShape], _ model: LanguageModel) throws -> [String] {
    let (first, last) = (group[0], group[group.count - 1])
    let isOne = first.sourceIndex == last.sourceIndex
    let name =
      isOne ? "block \(first.sourceIndex)" : "blocks \(first.sourceIndex)-\(last.sourceIndex)"
    let weights = model.configuration.weights(of: first)
    let parts = Dictionary(grouping: weights) { $0.id.role.isOfAttention }
    var lines = [line(name, try size(weights, model) + (isOne ? "" : " each"))]
    if let attention = first.attention {
      let bytes = try size(parts[true] ?? [], model)
      lines.append(line("  attention", "\(bytes): \(ShapeText.text(attention))"))
    }
    if let mlp = first.mlp {
      let bytes = try size(parts[false] ?? [], model)
      lines.append(line("  mlp", "\(bytes): \(ShapeText.text(mlp))"))
    }
    return lines
  }

  /// How weights are quantised; nil where none is.
  private static func codes(_ model: LanguageModel) -> String? {
    let schemes = model.schemes
    guard !schemes.isEmpty else { return nil }
    let kinds = Set(
      schemes.values.map { scheme in
        "\(scheme.bits) bits, with a scale \(scheme.isSymmetric ? "" : "and a zero ")for each "
          + (scheme.group.map { "\($0) inputs of a row" } ?? "row")
      }
    )
    let all = model.configuration.allWeights.count { $0.id.role.kind == .projection }
    let names = WeightRole.allCases.filter { role in schemes.keys.contains { $0.role == role } }
    return kinds.sorted().joined(separator: "; ")
      + ": \(schemes.count) of \(counted(all, "projection")) (\(names.map(\.rawValue).joined(separator: ", ")))"
  }

  /// Parameters, bytes and types of some weights.
  private static func size(
    _ weights: [(id: WeightID, shape: [Int])],
    _ model: LanguageModel
  ) throws -> String {
    var (parameters, bytes) = (0, 0)
    var types: [String] = []
    for weight in weights {
      let encoding = try model.weights.encoding(of: weight.id)
      parameters += weight.shape.reduce(1, *)
      bytes += encoding.byteCount(of: weight.shape)
      if !types.contains(encoding.name) { types.append(encoding.name) }
    }
    return "\(Quantity.count(parameters)) parameters, \(Quantity.bytes(bytes)) in "
      + types.joined(separator: " and ")
  }

  private static func tokenizer(_ model: LanguageModel) -> String {
    do throws(TokenizerError) {
      let tokenizer = try model.directory.tokenizer()
      let before = tokenizer.beginningToken.map { "\(tokenizer.shown($0)) before every text" }
      let beginning = try? TextBeginning(in: model.directory, model.configuration, tokenizer)
      let note = beginning?.disagreement.map { "; note: \($0)" }
      return "\(tokenizer.vocabularySize) tokens, " + (before ?? "nothing before a text")
        + (note ?? "")
    } catch {
      return "cannot be used: \(error)"
    }
  }

  private static func units(_ blocks: [BlockUnits]) -> String {
    guard let first = blocks.first?.unit(0), let end = blocks.last else { return "none" }
    let count = blocks.reduce(0) { $0 + $1.count }
    let last = end.unit(end.count - 1)
    let sizes = Set(blocks.map(\.parameterCount)).sorted()
    let size =
      sizes.count == 1
      ? "\(Quantity.count(sizes[0])) parameters each"
      : "\(Quantity.count(sizes[0])) to \(Quantity.count(sizes[sizes.count - 1])) parameters"
    let names = count == 1 ? first.label : "\(first.label) to \(last.label)"
    return "\(counted(count, "unit")) (\(names)), \(size)"
  }
}
