import BillhookFiles

/// The tokenizer of a GGUF file in the words of a `tokenizer.json` and the files beside it.
struct GGUFTokenizerFiles {
  /// The files by their names; none where the file has no tokenizer.
  let contents: [String: [UInt8]]
  /// Why there is no `tokenizer.json`; nil where there is one.
  let missing: String?

  private static let mark: JSON = "▁"

  init(of file: GGUFFile) throws {
    func value(_ key: String) -> GGUFValue? { file.metadata[GGUFTokenizer.prefix + key] }
    var contents: [String: [UInt8]] = [:]
    func add(_ name: String, _ json: JSON) { contents[name] = Array(json.text().utf8) }
    var settings: [JSON.Member] = []
    var generation: [JSON.Member] = []
    let tokens = value("tokens")?.texts ?? []
    for (key, name) in [("bos", "bos"), ("eos", "eos"), ("unknown", "unk"), ("padding", "pad")] {
      guard let id = value("\(key)_token_id")?.count, id < tokens.count else { continue }
      settings.append(.init(key: "\(name)_token", value: .string(tokens[id])))
      if name == "bos" {
        generation.append(.init(key: "bos_token_id", value: .number(JSONNumber(id))))
      }
    }
    let ends = Self.ends(of: file).map { JSON.number(JSONNumber($0)) }
    if let first = ends.first {
      generation.append(.init(key: "eos_token_id", value: ends.count == 1 ? first : .array(ends)))
    }
    if let template = file.metadata[GGUFTokenizer.templateKey]?.text {
      settings.append(.init(key: "chat_template", value: .string(template)))
    }
    if !generation.isEmpty { add("generation_config.json", .object(generation)) }
    do {
      add("tokenizer.json", try Self.tokenizer(of: file, tokens))
      settings.append(.init(key: "tokenizer_class", value: "PreTrainedTokenizerFast"))
      add("tokenizer_config.json", .object(settings))
      missing = nil
    } catch let misfit as GGUFTokenizer.Misfit {
      missing = misfit.reason
    }
    self.contents = contents
  }

  /// The tokens that end a text: those that the writer here lists, or else all that llama.cpp has keys for.
  private static func ends(of file: GGUFFile) -> [Int] {
    let rows = file.entries["token_embd.weight"]?.shape.first ?? 0
    let listed = file.metadata[GGUFTokenizer.endsKey]?.counts
    let named = ["eos", "eot", "eom"].compactMap {
      file.metadata["\(GGUFTokenizer.prefix)\($0)_token_id"]?.count
    }
    var ends: [Int] = []
    for id in listed ?? named where id < rows && !ends.contains(id) { ends.append(id) }
    return ends
  }

  private static func tokenizer(of file: GGUFFile, _ tokens: [String]) throws -> JSON {
    func value(_ key: String) -> GGUFValue? { file.metadata[GGUFTokenizer.prefix + key] }
    guard !tokens.isEmpty else {
      throw GGUFTokenizer.Misfit(reason: "the file holds no tokens")
    }
    let kinds = try kinds(of: tokens, value)
    let named = zip(tokens, kinds).filter { $1 != .unused }.map { Array($0.0.utf8) }
    guard Set(named).count == named.count else {
      throw GGUFTokenizer.Misfit(reason: "two tokens of the file have the same text")
    }
    var vocabulary: [JSON.Member] = []
    var added: [JSON] = []
    for (id, (text, kind)) in zip(tokens, kinds).enumerated() {
      let number = JSON.number(JSONNumber(id))
      if kind != .unused { vocabulary.append(.init(key: text, value: number)) }
      guard kind == .control || kind == .userDefined || kind == .unknown else { continue }
      added.append(
        [
          "id": number, "content": .string(text), "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false, "special": .bool(kind != .userDefined),
        ]
      )
    }
    var members: [JSON.Member] = [
      .init(key: "version", value: "1.0"), .init(key: "truncation", value: nil),
      .init(key: "padding", value: nil), .init(key: "added_tokens", value: .array(added)),
    ]
    let processor = template(value, tokens)
    switch value("model")?.text {
    case "gpt2":
      let merges = (value("merges")?.texts ?? []).map(JSON.string)
      members += try byteLevel(
        vocabulary,
        merges,
        value("pre")?.text,
        processor
      )
    case "llama":
      let scores = value("scores")?.numbers ?? []
      guard scores.count == tokens.count else {
        throw GGUFTokenizer.Misfit(reason: "the file holds no scores for its tokens")
      }
      members += sentencePiece(
        vocabulary,
        try merges(tokens, kinds, scores),
        unknown: kinds.firstIndex(of: .unknown).map { tokens[$0] },
        addsSpace: value("add_space_prefix")?.flag ?? true,
        processor
      )
    case let other:
      throw GGUFTokenizer.Misfit(
        reason:
          "the file's tokenizer is of the kind \((other ?? "none").shown(atMost: 40)); read are gpt2 "
          + "and llama"
      )
    }
    return .object(members)
  }

  /// What each token is; where the file does not say, all are normal but those that it names.
  private static func kinds(of tokens: [String], _ value: (String) -> GGUFValue?) throws
    -> [GGUFTokenizer.Kind?]
  {
    if let types = value("token_type") {
      guard let numbers = types.counts, numbers.count == tokens.count else {
        throw GGUFTokenizer.Misfit(reason: "the file holds tokens without a type")
      }
      return numbers.map(GGUFTokenizer.Kind.init(rawValue:))
    }
    var kinds = [GGUFTokenizer.Kind?](repeating: .normal, count: tokens.count)
    for (key, kind) in [
      ("bos", GGUFTokenizer.Kind.control), ("eos", .control), ("eot", .control), ("eom", .control),
      ("padding", .control), ("unknown", .unknown),
    ] {
      if let id = value("\(key)_token_id")?.count, id < tokens.count { kinds[id] = kind }
    }
    return kinds
  }

  private static func byteLevel(
    _ vocabulary: [JSON.Member],
    _ merges: [JSON],
    _ name: String?,
    _ processor: JSON
  ) throws -> [JSON.Member] {
    let own = name.map { GGUFPreTokenizer.aliases[$0] ?? $0 }
    guard let pre = GGUFPreTokenizer.all.first(where: { $0.name == own }) else {
      let known = GGUFPreTokenizer.all.map(\.name).joined(separator: ", ")
      throw GGUFTokenizer.Misfit(
        reason:
          "the file's tokenizer cuts words as \((name ?? "nothing").shown(atMost: 40)); known are "
          + known
      )
    }
    return [
      .init(key: "normalizer", value: pre.composes ? ["type": "NFC"] : nil),
      .init(
        key: "pre_tokenizer",
        value: pre.steps.count == 1
          ? pre.steps[0] : ["type": "Sequence", "pretokenizers": .array(pre.steps)]
      ),
      .init(key: "post_processor", value: processor),
      .init(
        key: "decoder",
        value: [
          "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true,
        ]
      ),
      .init(
        key: "model",
        value: [
          "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil,
          "end_of_word_suffix": nil, "fuse_unk": false, "byte_fallback": false,
          "ignore_merges": .bool(pre.ignoresMerges), "vocab": .object(vocabulary),
          "merges": .array(merges),
        ]
      ),
    ]
  }

  private static func sentencePiece(
    _ vocabulary: [JSON.Member],
    _ merges: [JSON],
    unknown: String?,
    addsSpace: Bool,
    _ processor: JSON
  ) -> [JSON.Member] {
    let prepend: [JSON] = addsSpace ? [["type": "Prepend", "prepend": mark]] : []
    let replace: JSON = ["type": "Replace", "pattern": ["String": " "], "content": mark]
    let strip: [JSON] =
      addsSpace ? [["type": "Strip", "content": " ", "start": 1, "stop": 0]] : []
    let decoders: [JSON] =
      [
        ["type": "Replace", "pattern": ["String": mark], "content": " "], ["type": "ByteFallback"],
        ["type": "Fuse"],
      ] + strip
    return [
      .init(
        key: "normalizer",
        value: ["type": "Sequence", "normalizers": .array(prepend + [replace])]
      ),
      .init(key: "pre_tokenizer", value: nil),
      .init(key: "post_processor", value: processor),
      .init(key: "decoder", value: ["type": "Sequence", "decoders": .array(decoders)]),
      .init(
        key: "model",
        value: [
          "type": "BPE", "dropout": nil, "unk_token": unknown.map(JSON.string) ?? nil,
          "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": true,
          "byte_fallback": true, "vocab": .object(vocabulary), "merges": .array(merges),
        ]
      ),
    ]
  }

  /// The pairs that merge, from the scores of what they become: all ways to cut a token into two,
  /// tokens with high scores first.
  private static func merges(
    _ tokens: [String],
    _ kinds: [GGUFTokenizer.Kind?],
    _ scores: [Double]
  ) throws(GGUFTokenizer.Misfit) -> [JSON] {
    let texts = tokens.map { Array($0.utf8) }
    let normal = texts.indices.filter { kinds[$0] == .normal }
    let known = Set(normal.map { texts[$0] })
    try GGUFTokenizer.checkCuts(of: normal.map { texts[$0] })
    let order = normal.sorted { (scores[$1], $0) < (scores[$0], $1) }
    return order.flatMap { id -> [JSON] in
      let text = texts[id]
      return text.indices.dropFirst().compactMap { cut -> JSON? in
        guard !UTF8.isContinuation(text[cut]) else { return nil }
        let (left, right) = (Array(text[..<cut]), Array(text[cut...]))
        guard known.contains(left), known.contains(right) else { return nil }
        return [
          .string(String(decoding: left, as: UTF8.self)),
          .string(String(decoding: right, as: UTF8.self)),
        ]
      }
    }
  }

  /// What is put around a text.
  private static func template(_ value: (String) -> GGUFValue?, _ tokens: [String]) -> JSON {
    let isSentencePiece = value("model")?.text == "llama"
    let isLlama3 = value("pre")?.text.map { GGUFPreTokenizer.aliases[$0] ?? $0 } == "llama-bpe"
    func token(_ key: String, _ flag: String, usually: Bool) -> (text: String, id: Int)? {
      guard value(flag)?.flag ?? usually, let id = value("\(key)_token_id")?.count,
        id < tokens.count
      else { return nil }
      return (tokens[id], id)
    }
    let before = token("bos", "add_bos_token", usually: isSentencePiece || isLlama3)
    let after = token("eos", "add_eos_token", usually: false)
    guard before != nil || after != nil else { return nil }
    func piece(_ token: (text: String, id: Int)?) -> [JSON] {
      token.map { [["SpecialToken": ["id": .string($0.text), "type_id": 0]]] } ?? []
    }
    let sequence: JSON = ["Sequence": ["id": "A", "type_id": 0]]
    let single = piece(before) + [sequence] + piece(after)
    var special: [JSON.Member] = []
    for (text, id) in [before, after].compactMap(\.self)
    where !special.contains(where: { $0.key == text }) {
      special.append(
        .init(
          key: text,
          value: [
            "id": .string(text), "ids": [.number(JSONNumber(id))], "tokens": [.string(text)],
          ]
        )
      )
    }
    return [
      "type": "TemplateProcessing", "single": .array(single), "pair": .array(single),
      "special_tokens": .object(special),
    ]
  }
}
