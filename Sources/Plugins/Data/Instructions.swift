import BillhookCore

/// Instructions with their answers, in the form of Alpaca: records in a JSON list, or one per line.
///
/// Source: Taori et al., Stanford Alpaca, 2023: the template with and without an input; loss on the
/// answer as in alpaca-lora, which Shortened LLaMA uses.
struct Instructions: DataSource {
  static let name = "instructions"
  static let summary = "Instructions with answers: Alpaca's records, in a list or one per line."

  /// Which records are used.
  enum Part: String, Choice {
    /// All but those that are held out.
    case training
    /// Those that are held out.
    case heldOut = "held_out"
  }

  /// Which tokens the loss counts.
  enum Loss: String, Choice {
    /// The answer and the token that ends it.
    case answer
    /// The instruction as well.
    case everything
  }

  private static let usualSeed = 42

  /// The file.
  var file = InputFile()
  /// Which tokens the loss counts.
  var loss = Loss.answer
  /// How many records are held out; nil for none.
  var heldOut: Int?
  /// The seed of the random numbers that choose them.
  var splitSeed = usualSeed
  /// Which records are used.
  var part = Part.training

  static let parameters = [
    Parameter<Self>.argument("file", \.file, help: "the JSON file"),
    Parameter("loss", \.loss, help: "which tokens the loss counts"),
    Parameter(
      "held_out",
      \.heldOut,
      in: 1...1_000_000_000,
      help: "number of records that are held out"
    ),
    Parameter(
      "split_seed",
      \.splitSeed,
      in: 0...,
      help: "the seed that chooses the records to hold out"
    ),
    Parameter("part", \.part, help: "which records are used"),
  ]

  func validate() throws(ParameterProblem) {
    guard part == .training || heldOut != nil else {
      throw ParameterProblem("part", "`held_out` says how many records are held out; set it")
    }
    guard splitSeed == Self.usualSeed || heldOut != nil else {
      throw ParameterProblem("split_seed", "chooses the records of `held_out`; set it as well")
    }
  }

  /// One exchange for each record that is used.
  ///
  /// - Throws: `DataError` that names a record which cannot be used.
  func documents() throws -> [Document] {
    let exchanges = try TextReader.records(file.path).map(exchange)
    guard let heldOut else { return exchanges }
    guard heldOut < exchanges.count else {
      throw DataError(
        "\(file.path): `held_out = \(heldOut)` leaves nothing of "
          + counted(exchanges.count, "record")
      )
    }
    let order = try Generator(seed: UInt64(splitSeed)).permutation(of: exchanges.count).integers()
    let held = Set(order.prefix(heldOut))
    return exchanges.indices.filter { held.contains($0) == (part == .heldOut) }
      .map { exchanges[$0] }
  }

  /// Checks that every record has the fields.
  func check() throws { _ = try documents() }

  private func exchange(_ record: JSON.Record) throws(DataError) -> Document {
    func text(_ field: String) throws(DataError) -> String {
      guard let text = try JSONRecords.text(field, of: record, in: file.path) else {
        throw JSONRecords.missing(field, of: record, in: file.path)
      }
      return text
    }
    let instruction = try text("instruction")
    let input = try JSONRecords.text("input", of: record, in: file.path) ?? ""
    return .exchange(
      prompt: Self.prompt(instruction: instruction, input: input),
      answer: try text("output"),
      countsAll: loss == .everything
    )
  }

  /// The prompt before an answer.
  static func prompt(instruction: String, input: String) -> String {
    let isAlone = input.isEmpty
    return "Below is an instruction that describes a task"
      + (isAlone ? "" : ", paired with an input that provides further context")
      + ". Write a response that appropriately completes the request.\n\n"
      + "### Instruction:\n\(instruction)\n\n"
      + (isAlone ? "" : "### Input:\n\(input)\n\n")
      + "### Response:\n"
  }
}
