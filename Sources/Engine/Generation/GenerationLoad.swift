import BillhookFiles
public import BillhookModels

/// How much text a model generates at once.
public struct GenerationLoad: Sendable, Hashable, CustomStringConvertible {
  /// The number of texts.
  public let batch: Int
  /// The number of tokens that each text begins with.
  public let prompt: Int
  /// The number of tokens that are added to each text.
  public let output: Int

  /// Makes a load; each number is at least 1.
  public init(batch: Int, prompt: Int, output: Int) {
    self.batch = max(1, batch)
    self.prompt = max(1, prompt)
    self.output = max(1, output)
  }

  /// The load as text, such as `8x12+128`: number of texts, prompt tokens, new tokens.
  public var description: String { "\(batch)x\(prompt)+\(output)" }

  /// The final length of a text in tokens.
  public var length: Int { prompt + output }

  /// Checks that texts do not grow longer than the model was made for.
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
