import BillhookFiles
import BillhookTokenizer

/// The tokenizer of a model as the metadata of a GGUF file.
///
/// Source: `src/llama-vocab.cpp` and `conversion/base.py` of llama.cpp.
struct GGUFTokenizer {
  /// The keys with their values.
  let metadata: [(key: String, value: GGUFValue)]

  static let prefix = "tokenizer.ggml."
  static let modelKey = "\(prefix)model"
  static let templateKey = "tokenizer.chat_template"

  /// The key under which the writer here lists all tokens that end a text, of which llama.cpp's own keys
  /// hold one.
  static let endsKey = "billhook.eos_token_ids"

  /// What a token is to llama.cpp.
  enum Kind: Int {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  /// Why llama.cpp cannot have a tokenizer, or where it differs.
  struct Misfit: Error {
    let reason: String
  }

  /// The tokenizer of a model; none is an entry of its own.
  ///
  /// - Throws: `Misfit` where llama.cpp cuts texts otherwise, `FileError` and `TokenizerError` when
  ///   files are damaged.
  init(of model: LanguageModel) throws {
    guard let bytes = try model.directory.contents(of: "tokenizer.json") else {
      metadata = [(Self.modelKey, .string("no_vocab"))]
      return
    }
    let json = try JSON(parsing: bytes)
    let tokenizer = try Tokenizer(parsing: bytes, file: model.directory.tokenizerPath)
    let algorithm = try GGUFTokenizerAlgorithm(json)
    let tokens = try GGUFTokenList(json, algorithm, count: model.configuration.vocabularySize)
    var values = algorithm.metadata
    values.append(("tokens", .strings(tokens.texts)))
    if case .sentencePiece = algorithm.form {
      values.append(("scores", .float32s(try algorithm.scores(of: tokens))))
    }
    values.append(("token_type", .int32s(tokens.kinds.map(\.rawValue))))
    if case .byteLevel = algorithm.form {
      values.append(("merges", .strings(algorithm.merges.map { "\($0.left) \($0.right)" })))
    }
    let special = try SpecialTokens(of: model, tokenizer)
    metadata =
      (values + special.metadata).map { (Self.prefix + $0.key, $0.value) }
      + (try Self.template(model.directory).map { [(Self.templateKey, .string($0))] } ?? [])
  }

  /// The default template of chats.
  private static func template(_ directory: ModelDirectory) throws -> String? {
    if let bytes = try directory.contents(of: "chat_template.jinja") {
      return String(decoding: bytes, as: UTF8.self)
    }
    guard let json = try directory.json("tokenizer_config.json") else { return nil }
    let template = json["chat_template"]
    let named = template?.array?.first { $0["name"]?.string == "default" }?["template"]
    return template?.string ?? named?.string
  }
}

/// The tokens that begin and end texts.
private struct SpecialTokens {
  let metadata: [(key: String, value: GGUFValue)]

  init(of model: LanguageModel, _ tokenizer: Tokenizer) throws {
    let directory = model.directory
    let count = model.configuration.vocabularySize
    let configuration = try directory.configurationText.json
    func id(_ name: String) throws -> Int? {
      let written = configuration["\(name)_token_id"]
      let found =
        try directory.namedToken("\(name)_token", tokenizer)
        ?? written?.int ?? written?.array?.first?.int
      return found.flatMap { (0..<count).contains($0) ? $0 : nil }
    }
    var values: [(key: String, value: GGUFValue)] = []
    var beginning = try id("bos")
    var end = try id("eos")
    let around = tokenizer.encode("", addingSpecialTokens: true)
    let before = tokenizer.beginningToken.map { [$0] } ?? []
    let after = Array(around.dropFirst(before.count))
    guard around.count <= 2, after.count <= 1 else {
      throw GGUFTokenizer.Misfit(
        reason:
          "the tokenizer puts \(around.count) tokens around a text, and llama.cpp at most one "
          + "before and one after it"
      )
    }
    // What is put around texts counts, whatever the files name besides.
    beginning = before.first ?? beginning
    end = after.first ?? end
    for (key, value) in [
      ("bos", beginning), ("eos", end), ("unknown", try id("unk")), ("padding", try id("pad")),
    ] {
      if let value { values.append(("\(key)_token_id", .uint32(value))) }
    }
    values.append(("add_bos_token", .bool(!before.isEmpty)))
    values.append(("add_eos_token", .bool(!after.isEmpty)))
    metadata = values
  }
}
