import BillhookCore
import BillhookModels

/// A data source with a parameter of every type.
struct SampleSource: DataSource {
  enum Mode: String, Choice { case none, some_of, all }

  static let name = "sample"
  static let summary = "A parameter of every type."
  static let parameters = [
    Parameter<SampleSource>.argument("input", \.input, help: "a file"),
    Parameter("whole", \.whole, in: 1...9, help: "a whole number"),
    Parameter("fraction", \.fraction, in: 0...1, help: "a number"),
    Parameter("flag", \.flag, help: "yes or no"),
    Parameter("title", \.title, help: "a string"),
    Parameter("mode", \.mode, help: "a choice"),
    Parameter("size", \.size, in: ByteCount(1_000)..., help: "a size"),
    Parameter("limit", \.limit, in: 2..., help: "perhaps a whole number"),
    Parameter("share", \.share, in: 0...0.5, help: "perhaps a number"),
    Parameter("fallback", \.fallback, help: "perhaps a choice"),
    Parameter("layers", \.layers, help: "whole numbers"),
    Parameter("more", \.more, help: "perhaps a file"),
    Parameter("others", \.others, help: "files"),
  ]

  var input = InputFile()
  var whole = 3
  var fraction = 0.5
  var flag = false
  var title = "plain"
  var mode = Mode.all
  var size = ByteCount(4_000)
  var limit: Int?
  var share: Double?
  var fallback: Mode?
  var layers: [Int] = []
  var more: InputFile?
  var others: [InputFile] = []

  func documents() throws -> [Document] { [] }
}

/// An evaluation that is given two values, and refuses the same twice.
struct SampleEvaluation: Evaluation {
  static let name = "sample"
  static let summary = "Takes two values behind its name."
  static let parameters = [
    Parameter<SampleEvaluation>.argument("left", \.left, help: "a number"),
    Parameter.argument("right", \.right, help: "a string"),
  ]

  var left = 0
  var right = ""

  func validate() throws(ParameterProblem) {
    guard "\(left)" != right else { throw ParameterProblem("right", "must not repeat the left") }
  }

  func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) throws
    -> [Metric]
  { [] }
}
