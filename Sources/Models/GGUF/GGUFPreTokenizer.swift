import BillhookFiles

/// How a byte-level tokenizer cuts a text into words, where llama.cpp has a name for it.
struct GGUFPreTokenizer: Sendable {
  /// The name in `tokenizer.ggml.pre`.
  let name: String
  /// The pattern that words match; nil for GPT-2's, which is part of the byte level.
  var pattern: String?
  /// Whether digits stand alone before anything else.
  var splitsDigits = false
  /// Whether words that are tokens are taken as they are.
  var ignoresMerges = false
  /// Whether texts are composed (NFC) first, which llama.cpp never does.
  var composes = false

  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let rest =
    #" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let llama3 = "\(contractions)|\(#"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"#)\(rest)"
  private static let qwen2 = "\(contractions)|\(#"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"#)\(rest)"

  /// Those that are known to cut alike, from `llm_tokenizer_bpe` of `src/llama-vocab.cpp`.
  static let all = [
    GGUFPreTokenizer(name: "gpt-2"),
    GGUFPreTokenizer(name: "smollm", splitsDigits: true),
    GGUFPreTokenizer(name: "llama-bpe", pattern: llama3, ignoresMerges: true),
    GGUFPreTokenizer(name: "smaug-bpe", pattern: llama3),
    GGUFPreTokenizer(name: "qwen2", pattern: qwen2, composes: true),
    GGUFPreTokenizer(name: "stablelm2", pattern: qwen2),
  ]

  /// Other names of the same in files of other programs.
  static let aliases = [
    "phi-2": "gpt-2", "llama3": "llama-bpe", "llama-v3": "llama-bpe", "falcon3": "llama-bpe",
    "deepseek-r1-qwen": "qwen2", "dbrx": "smaug-bpe",
  ]

  private init(
    name: String,
    pattern: String? = nil,
    splitsDigits: Bool = false,
    ignoresMerges: Bool = false,
    composes: Bool = false
  ) {
    self.name = name
    self.pattern = pattern
    self.splitsDigits = splitsDigits
    self.ignoresMerges = ignoresMerges
    self.composes = composes
  }

  /// The one that steps of a `tokenizer.json` describe.
  ///
  /// - Throws: `GGUFTokenizer.Misfit` where llama.cpp has no name for it.
  init(_ steps: [JSON], _ normalizers: [JSON], ignoresMerges: Bool) throws {
    let found = Self.all.first { one in
      one.ignoresMerges == ignoresMerges
        && one.steps.elementsEqual(steps, by: Self.areAlike)
        && (one.composes ? ["NFC"] : []) == normalizers.map { $0["type"]?.string ?? "" }
    }
    guard let found else {
      let text = JSON.array(normalizers + steps).text(indent: nil).shown(atMost: 300)
      throw GGUFTokenizer.Misfit(
        reason: "the tokenizer splits text in a way that llama.cpp does not support: \(text)"
          + (ignoresMerges ? ", with `ignore_merges`" : "")
      )
    }
    self = found
  }

  /// The steps in `tokenizer.json`.
  var steps: [JSON] {
    var steps: [JSON] = []
    if splitsDigits { steps.append(["type": "Digits", "individual_digits": true]) }
    if let pattern {
      steps.append(
        [
          "type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated",
          "invert": false,
        ]
      )
    }
    steps.append(
      [
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
        "use_regex": .bool(pattern == nil),
      ]
    )
    return steps
  }

  /// Whether two steps do the same; what they leave out has its usual value.
  private static func areAlike(_ one: JSON, _ other: JSON) -> Bool {
    let usual: [String: JSON] = [
      "use_regex": true, "add_prefix_space": true, "invert": false, "individual_digits": false,
    ]
    return [
      "type", "pattern", "behavior", "invert", "individual_digits", "add_prefix_space", "use_regex",
    ]
    .allSatisfy { (one[$0] ?? usual[$0]) == (other[$0] ?? usual[$0]) }
  }
}
