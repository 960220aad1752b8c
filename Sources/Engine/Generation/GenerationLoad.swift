import BillhookFiles
public import BillhookModels

/// How much text a model is to make at once.
public struct GenerationLoad: Sendable, Hashable, CustomStringConvertible {
  /// The number of texts.
  public let batch: Int
  /// The tokens that each begins with.
  public let prompt: Int
  /// The tokens that are added to each.
  public let output: Int

  /// A load; each number is at least 1.
  public init(batch: Int, prompt: Int, output: Int) {
    self.batch = max(1, batch)
    self.prompt = max(1, prompt)
    self.output = max(1, output)
  }

  /// As `8x12+128`: texts, tokens in, tokens out.
  public var description: String { "\(batch)x\(prompt)+\(output)" }

  /// The tokens of a text at its end.
  public var length: Int { prompt + output }

  /// Checks that texts do not get longer than the model was made for.
  ///
  /// - Throws: `DataError` that names both lengths.
  public func check(_ model: LanguageModel) throws(DataError) {
    let positions = model.configuration.maximumPositions
    guard length <= positions else {
      throw DataError(
        "\(counted(prompt, "token")) and \(output) more are \(length), and the model was made for at most "
          + "\(positions); ask for shorter texts"
      )
    }
  }
}
