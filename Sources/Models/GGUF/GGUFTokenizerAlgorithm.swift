import BillhookFiles

/// How a `tokenizer.json` cuts texts, in the words of llama.cpp.
struct GGUFTokenizerAlgorithm {
  /// The kinds of tokenizers that are known to be the same in llama.cpp.
  enum Form {
    /// Byte pairs of bytes, in words that a pattern of this name cuts.
    case byteLevel(GGUFPreTokenizer)
    /// Byte pairs of characters, as SentencePiece's.
    case sentencePiece(addsSpace: Bool)
  }

  let form: Form
  /// The pairs that merge, in their order.
  let merges: [(left: String, right: String)]
  /// The token for what is unknown.
  let unknown: String?

  private static let mark = "▁"

  /// Reads a file.
  ///
  /// - Throws: `GGUFTokenizer.Misfit` where llama.cpp would give other tokens.
  init(_ json: JSON) throws {
    guard let model = json["model"], model["type"]?.string ?? "BPE" == "BPE",
      let merges = model["merges"]?.array
    else {
      throw GGUFTokenizer.Misfit(
        reason: "the tokenizer is no byte-pair encoding, and no other kind is written"
      )
    }
    self.merges = try merges.compactMap { merge in
      if merge.string?.hasPrefix("#version") == true { return nil }
      guard let pair = Self.pair(merge) else {
        throw GGUFTokenizer.Misfit(reason: "the tokenizer has merges that GGUF cannot hold")
      }
      return pair
    }
    unknown = model["unk_token"]?.string
    let steps = Self.flattened(json["pre_tokenizer"], "pretokenizers")
    let normalizers = Self.flattened(json["normalizer"], "normalizers")
    if let last = steps.last, last["type"]?.string == "ByteLevel" {
      form = .byteLevel(
        try GGUFPreTokenizer(
          steps,
          normalizers,
          ignoresMerges: model["ignore_merges"]?.bool == true
        )
      )
    } else {
      form = .sentencePiece(addsSpace: try Self.addsSpace(steps, normalizers, model))
    }
  }

  /// The keys that name the algorithm.
  var metadata: [(key: String, value: GGUFValue)] {
    switch form {
    case .byteLevel(let pre): [("model", .string("gpt2")), ("pre", .string(pre.name))]
    case .sentencePiece(let addsSpace):
      [
        ("model", .string("llama")), ("pre", .string("default")),
        ("add_space_prefix", .bool(addsSpace)),
      ]
    }
  }

  /// Scores by which llama.cpp merges as the list of merges says: minus the place of the first merge
  /// that makes a token.
  ///
  /// - Throws: `GGUFTokenizer.Misfit` where no scores do.
  func scores(of list: GGUFTokenList) throws -> [Double] {
    var places: [[UInt8]: Int] = [:]
    var last: [UInt8]?
    for (left, right) in merges {
      let token = Array((left + right).utf8)
      if token != last, places[token] != nil {
        throw GGUFTokenizer.Misfit(
          reason:
            "the merges that make the token \"\((left + right).shown(atMost: 40))\" are at several "
            + "places of the list, and llama.cpp has one score for each token"
        )
      }
      places[token] = places[token] ?? places.count
      last = token
    }
    // Merges hold no zero byte.
    let known = Set(merges.map { Array($0.left.utf8) + [0] + Array($0.right.utf8) })
    let tokens = list.texts.map { Array($0.utf8) }
    // Other tokens are cut out of a text before anything merges.
    let vocabulary = Set(zip(tokens, list.kinds).filter { $1 == .normal }.map(\.0))
    try GGUFTokenizer.checkCuts(of: Array(vocabulary))
    for token in tokens where places[token] != nil {
      for cut in token.indices.dropFirst() where !UTF8.isContinuation(token[cut]) {
        let (left, right) = (Array(token[..<cut]), Array(token[cut...]))
        guard vocabulary.contains(left), vocabulary.contains(right),
          !known.contains(left + [0] + right)
        else { continue }
        throw GGUFTokenizer.Misfit(
          reason:
            "the tokens \(Self.shown(left)) and \(Self.shown(right)) do not merge, and llama.cpp "
            + "would merge them"
        )
      }
    }
    return tokens.map { -Double(places[$0] ?? Self.lowest) }
  }

  /// Below the score of every token that is merged.
  private static let lowest = 1_000_000

  private static func shown(_ token: [UInt8]) -> String {
    "\"\(String(decoding: token, as: UTF8.self).shown(atMost: 40))\""
  }

  private static func pair(_ merge: JSON) -> (left: String, right: String)? {
    let parts =
      merge.array?.compactMap(\.string)
      ?? merge.string?.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      ?? []
    guard parts.count == 2, !parts.contains(where: { $0.contains(" ") || $0.isEmpty }) else {
      return nil
    }
    return (parts[0], parts[1])
  }

  private static func flattened(_ step: JSON?, _ key: String) -> [JSON] {
    guard let step, !step.isNull else { return [] }
    guard step["type"]?.string == "Sequence" else { return [step] }
    return (step[key]?.array ?? []).flatMap { flattened($0, key) }
  }

  /// Whether a mark for a space is put before a text.
  private static func addsSpace(_ steps: [JSON], _ normalizers: [JSON], _ model: JSON) throws
    -> Bool
  {
    guard model["byte_fallback"]?.bool == true else {
      throw GGUFTokenizer.Misfit(
        reason: "the tokenizer has characters without bytes to fall back to, which llama.cpp needs"
      )
    }
    guard model["ignore_merges"]?.bool != true else {
      throw GGUFTokenizer.Misfit(reason: "the tokenizer takes words that are tokens as they are")
    }
    var adds = false
    for step in normalizers {
      switch step["type"]?.string {
      case "Prepend" where step["prepend"]?.string == mark: adds = true
      case "Replace"
      where step["pattern"]?["String"]?.string == " " && step["content"]?.string == mark:
        break
      default: throw unknown(step)
      }
    }
    for step in steps {
      switch step["type"]?.string {
      // After spaces have become marks, it cuts nothing.
      case "Split" where step["pattern"]?["String"]?.string == " " && !normalizers.isEmpty: break
      case "Metaspace" where step["replacement"]?.string == mark && step["split"]?.bool == false:
        let scheme =
          step["prepend_scheme"]?.string
          ?? (step["add_prefix_space"]?.bool == false ? "never" : "always")
        adds = adds || scheme != "never"
      default: throw unknown(step)
      }
    }
    return adds
  }

  private static func unknown(_ step: JSON) -> GGUFTokenizer.Misfit {
    GGUFTokenizer.Misfit(
      reason: "the tokenizer has a step that llama.cpp does not support: "
        + step.text(indent: nil).shown(atMost: 120)
    )
  }
}
