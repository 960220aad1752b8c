import BillhookFiles

extension ConfigurationReader {
  /// The size of the sliding window, the token itself included; nil for none.
  func window(whenAbsent fallback: Int?) throws(FileError) -> Int? {
    guard let value = value("sliding_window") else { return fallback }
    return value.isNull ? nil : try size("sliding_window")
  }

  /// For each block, whether it has a sliding window.
  func layerTypes(slidingByDefault: (Int) -> Bool) throws(FileError) -> [Bool] {
    let range = try blockRange()
    guard let types = try layerTypes() else { return range.map(slidingByDefault) }
    return types
  }

  /// Accepts a list of attention kinds only where it agrees with the family.
  func requireLayerTypes(window: Int?) throws(FileError) {
    guard let types = try layerTypes(), let other = types.firstIndex(of: window == nil) else {
      return
    }
    let kind = window == nil ? "sliding_attention" : "full_attention"
    throw error("layer_types", "block \(other) is \(kind), which this family does not choose")
  }

  /// Blocks of which some have a sliding window.
  func blocks(
    _ slides: [Bool],
    sliding: AttentionShape,
    full: AttentionShape,
    _ mlp: MLPShape
  ) throws(FileError) -> [BlockShape] {
    if let block = slides.firstIndex(of: true), sliding.window == nil {
      throw error(
        "layer_types",
        "block \(block) asks for a sliding window, but the configuration gives no size"
      )
    }
    return slides.enumerated().map { number, slides in
      BlockShape(sourceIndex: number, attention: slides ? sliding : full, mlp: mlp)
    }
  }

  /// For each block, whether it has rotary positions.
  ///
  /// Without the list `no_rope_layers`, the last of every `no_rope_layer_interval` blocks does not.
  func rotaryLayers() throws(FileError) -> [Bool] {
    let (key, range) = (BlockList.rotaryLayers.rawValue, try blockRange())
    let interval = try size("no_rope_layer_interval", default: 4)
    guard let list = value(key), !list.isNull else {
      return range.map { !($0 + 1).isMultiple(of: interval) }
    }
    guard let elements = list.array, elements.count >= range.count else {
      throw error(
        key,
        "expected an entry for each of \(range.count) blocks, found "
          + (list.array.map { "\($0.count)" } ?? "no list")
      )
    }
    var areRotary: [Bool] = []
    for (number, element) in elements.prefix(range.count).enumerated() {
      guard element == 0 || element == 1 else {
        throw wrong("\(key)[\(number)]", expected: "0 or 1", found: element)
      }
      areRotary.append(element == 1)
    }
    return areRotary
  }

  /// A whole number of at least 0.
  func index(_ key: String, default fallback: Int) throws(FileError) -> Int {
    value(key)?.int == 0 ? 0 : try size(key, default: fallback)
  }

  private func layerTypes() throws(FileError) -> [Bool]? {
    try requireDense()
    guard let list = value("layer_types"), !list.isNull else { return nil }
    let count = try blockRange().count
    guard let elements = list.array, elements.count == count else {
      throw error(
        "layer_types",
        "expected one entry for each of \(count) blocks, found "
          + (list.array.map { "\($0.count)" } ?? "no list")
      )
    }
    var slides: [Bool] = []
    for (number, element) in elements.enumerated() {
      switch element.string {
      case "full_attention", "attention": slides.append(false)
      case "sliding_attention": slides.append(true)
      default:
        throw wrong(
          "layer_types[\(number)]",
          expected: "full_attention or sliding_attention",
          found: element
        )
      }
    }
    return slides
  }

  /// Refuses MLPs that are not dense; no other kind is known.
  private func requireDense() throws(FileError) {
    guard let list = value("mlp_layer_types"), !list.isNull else { return }
    let count = try blockRange().count
    guard let elements = list.array, elements.count == count,
      elements.allSatisfy({ $0 == "dense" })
    else { throw wrong("mlp_layer_types", expected: "\(count) times \"dense\"", found: list) }
  }
}
