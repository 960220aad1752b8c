import BillhookCore

/// Conversations in a JSON file, put into the model's chat template.
///
/// Source: transformers' `apply_chat_template`, with the tokens of `add_special_tokens=False`. Answers are
/// those of `return_assistant_tokens_mask` where the template has `{% generation %}` tags; otherwise they
/// are found by rendering the messages before and up to each of them, which transformers does not do.
struct Conversations: ConversationSource {
  static let name = "conversations"
  static let summary =
    "Conversations: messages, ShareGPT or Alpaca, in the model's chat template."

  /// The file.
  var file = InputFile()
  /// The form of the rows; nil for what the first one looks like.
  var shape: ConversationReading.Shape?
  /// Which tokens the loss counts.
  var loss = ConversationRules.Loss.answers
  /// What becomes of conversations that are longer than a window.
  var excess = ConversationRules.Excess.cut
  /// Whether windows hold several conversations.
  var packing = false
  /// The file with another template.
  var template: InputFile?
  /// The day that templates are told.
  var date: String?

  static let parameters = [
    Parameter<Self>.argument("file", \.file, help: "the JSON file, a row per line or in a list"),
    Parameter("shape", \.shape, help: "the form of its rows; unless set, as the first one looks"),
    Parameter("loss", \.loss, help: "which tokens the loss counts"),
    Parameter("too_long", \.excess, help: "what becomes of those that are longer than a window"),
    Parameter(
      "packing",
      \.packing,
      help: "put as many into a window as have room; none of them sees another"
    ),
    Parameter("template", \.template, help: "a file with another chat template than the model's"),
    Parameter("date", \.date, help: "the day that templates are told, such as \"2026-12-31\""),
  ]

  func validate() throws(ParameterProblem) {
    if date != nil, time == nil {
      throw ParameterProblem("date", "must be a day of the calendar, such as \"2026-12-31\"")
    }
  }

  /// The beginning of the day that templates are told.
  private var time: JinjaTime? {
    date.flatMap { JinjaTime(day: $0) }
  }

  var rules: ConversationRules {
    var rules = ConversationRules()
    rules.loss = loss
    rules.excess = excess
    rules.packs = packing
    rules.template = template?.path
    rules.time = time
    return rules
  }

  /// One conversation for each row.
  ///
  /// - Throws: `DataError` that names the line of a row that cannot be read.
  func conversations(atMost limit: Int) throws -> [Conversation] {
    let records = try TextReader.records(file.path, atMost: limit)
    guard let first = records.first else { return [] }
    let reading = ConversationReading(
      try shape ?? ConversationReading.shape(of: first, in: file.path),
      in: file.path
    )
    return try records.map(reading.conversation)
  }

  /// Checks that the first rows can be read.
  func check() throws { _ = try conversations(atMost: 100) }
}
