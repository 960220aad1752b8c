import BillhookFiles

/// Reads the rotary position embedding from a `config.json`.
///
/// transformers 5 writes `rope_parameters`; earlier versions wrote the same into `rope_theta`,
/// `rope_scaling` and `partial_rotary_factor`.
struct RotaryReader {
  let configuration: ConfigurationReader
  let headSize: Int
  /// The base where the file names none.
  var defaultBase = 10_000.0
  /// Whether the family rotates the share of the channels that `partial_rotary_factor` names;
  /// others rotate all of them.
  var readsShare = false
  /// The length of the texts that the model was first trained on, where the file does not name it
  /// outside the parameters; nil where the parameters may name it, or where it is the longest text
  /// that the model accepts.
  var defaultLength: Int?

  /// Reads the parameters that all blocks share.
  ///
  /// - Throws: `FileError` when the file contradicts itself, or asks for an unknown kind.
  func read() throws(FileError) -> RotaryDescription {
    let outer = try configuration.optionalPositive("rope_theta")
    // Marked as read: without scaling of the wavelengths the key has no effect.
    _ = configuration.value("original_max_position_embeddings")
    let objects = [
      try configuration.nested("rope_scaling"), try configuration.nested("rope_parameters"),
    ].compactMap { $0 }
    var found: [RotaryDescription] = []
    for object in objects { found.append(try read(object, base: outer)) }
    if let first = found.first, let last = found.last, first != last {
      throw configuration.error("rope_scaling", "contradicts `rope_parameters`; remove one")
    }
    if let rotary = found.first { return rotary }
    return try read(nil, base: outer)
  }

  /// Reads one object of parameters, or none; `base` is the value outside the object.
  func read(_ object: ConfigurationReader?, base: Double?) throws(FileError) -> RotaryDescription {
    let inner = try object?.optionalPositive("rope_theta")
    if let object, let inner, let base, inner != base {
      throw object.error("rope_theta", "is \(inner), but `rope_theta` outside it is \(base)")
    }
    let outerShare = try share(configuration)
    let innerShare = try object.map(share) ?? nil
    if let object, let innerShare, let outerShare, innerShare != outerShare {
      throw object.error(
        "partial_rotary_factor",
        "is \(innerShare), but `partial_rotary_factor` outside it is \(outerShare)"
      )
    }
    let share = innerShare ?? outerShare ?? 1
    guard share <= 1 else {
      throw configuration.error("partial_rotary_factor", "expected at most 1, found \(share)")
    }
    var rotary = RotaryDescription(base: inner ?? base ?? defaultBase, share: share)
    guard rotary.channels(of: headSize) >= 2, rotary.channels(of: headSize) % 2 == 0
    else {
      throw configuration.error(
        share == 1 ? "head_dim" : "partial_rotary_factor",
        "rotary positions need an even number of channels, found "
          + "\(rotary.channels(of: headSize)) of \(headSize)"
      )
    }
    if let object { rotary.scaling = try scaling(object, rotary) }
    return rotary
  }

  private func scaling(
    _ object: ConfigurationReader,
    _ rotary: RotaryDescription
  ) throws(FileError) -> RotaryDescription.Scaling {
    let channels = rotary.channels(of: headSize)
    switch try kind(object) {
    case "default": return .none
    case "linear": return .linear(factor: try object.positive("factor"))
    case "dynamic":
      guard channels > 2 else {
        throw object.error("rope_type", "dynamic needs heads of more than 2 channels")
      }
      return .dynamic(factor: try object.positive("factor"), length: try maximum())
    case "llama3":
      let low = try object.positive("low_freq_factor")
      let high = try object.positive("high_freq_factor")
      guard high > low else {
        throw object.error("high_freq_factor", "is \(high), expected more than low_freq_factor")
      }
      return .llama3(
        factor: try object.positive("factor"),
        lowFrequency: low,
        highFrequency: high,
        length: try length(object)
      )
    case "yarn" where !object.has("short_factor"): return .yarn(try yarn(object, rotary))
    // The first configurations of Phi-3 call longrope su or yarn.
    case "longrope", "su", "yarn": return try longrope(object, pairs: channels / 2)
    case let other:
      throw object.error(
        "rope_type",
        "expected default, linear, dynamic, llama3, yarn or longrope, found \(other)"
      )
    }
  }

  private func share(_ reader: ConfigurationReader) throws(FileError) -> Double? {
    let share = try reader.optionalPositive("partial_rotary_factor")
    guard readsShare || share ?? 1 == 1 else {
      throw reader.error("partial_rotary_factor", "this family rotates all channels of a head")
    }
    return share
  }

  private func kind(_ object: ConfigurationReader) throws(FileError) -> String {
    let (new, old) = (object.value("rope_type"), object.value("type"))
    let names = [("rope_type", new), ("type", old)].filter { $0.1.map(\.isNull) == false }
    for (key, value) in names where value?.string == nil {
      throw object.wrong(key, expected: "a name", found: value ?? .null)
    }
    return names.first?.1?.string ?? "default"
  }

  /// The longest text that the model accepts, in tokens.
  func maximum() throws(FileError) -> Int { try configuration.positions() }

  /// The length of the texts that the model was first trained on.
  func length(_ object: ConfigurationReader) throws(FileError) -> Int {
    let key = "original_max_position_embeddings"
    let longest = try maximum()
    let outer = try configuration.size(key, default: defaultLength ?? longest)
    let isNamed = defaultLength != nil || configuration.has(key)
    let inner = try object.size(key, default: outer)
    guard !isNamed || inner == outer else {
      throw object.error(key, "is \(inner), but `\(key)` outside it is \(outer)")
    }
    return inner
  }
}
