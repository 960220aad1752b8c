package import BillhookCore

/// A data source with a parameter of every type.
package struct SampleSource: DataSource {
  package init() {}

  package enum Mode: String, Choice { case none, some_of, all }

  package static let name = "sample"
  package static let summary = "A parameter of every type."
  package static let parameters = [
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

  package var input = InputFile()
  package var whole = 3
  package var fraction = 0.5
  package var flag = false
  package var title = "plain"
  package var mode = Mode.all
  package var size = ByteCount(4_000)
  package var limit: Int?
  package var share: Double?
  package var fallback: Mode?
  package var layers: [Int] = []
  package var more: InputFile?
  package var others: [InputFile] = []

  package func documents() throws -> [Document] { [] }
}

/// An evaluation that is given two values, and refuses the same twice.
package struct SampleEvaluation: Evaluation {
  package init() {}

  package static let name = "sample"
  package static let summary = "Takes two values after its name."
  package static let parameters = [
    Parameter<SampleEvaluation>.argument("left", \.left, help: "a number"),
    Parameter.argument("right", \.right, help: "a string"),
  ]

  package var left = 0
  package var right = ""

  package func validate() throws(ParameterProblem) {
    guard "\(left)" != right else { throw ParameterProblem("right", "must not repeat the left") }
  }

  package func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) throws
    -> [Metric]
  { [] }
}
