package import BillhookFiles
import BillhookModels
import BillhookTorch

/// What a model predicts at each target of a token set, in files that are mapped into memory and read
/// position by position.
///
/// One file holds the tokens, the likeliest first; the other their log-probabilities, that of all others
/// together, and that of the target.
public struct StoredPredictions: Sendable {
  /// Which positions there are, and what is kept of each.
  public struct Shape: Sendable, Equatable {
    /// The number of targets.
    public let count: Int
    /// The number of tokens that a distribution is over: all that the model knows, or the first of them.
    public let vocabulary: Int
    /// The number of likeliest tokens that are kept; nil for all.
    public let kept: Int?

    /// Makes a shape; as many tokens as there are, or more, are all.
    public init(count: Int, vocabulary: Int, keeping kept: Int?) {
      self.count = count
      self.vocabulary = vocabulary
      self.kept = kept.flatMap { $0 < vocabulary ? max(1, $0) : nil }
    }

    /// The bytes that the files take on disk, but for their headers.
    package var byteCount: Int {
      let numbers = kept.map { 2 * $0 + 3 } ?? vocabulary + 2
      return numbers *| count *| DType.float32.byteCount
    }

    var tokens: TensorPlan {
      TensorPlan(name: "tokens", dtype: .int32, shape: [count, 1 + (kept ?? 0)])
    }

    var logProbabilities: TensorPlan {
      let columns = kept.map { $0 + 2 } ?? vocabulary + 1
      return TensorPlan(name: "log_probabilities", dtype: .float32, shape: [count, columns])
    }
  }

  /// The names of the files.
  package static let fileNames = [tokensName, logProbabilitiesName]
  static let tokensName = "likeliest.safetensors"
  static let logProbabilitiesName = "predictions.safetensors"

  /// What is kept.
  public let shape: Shape
  private let tokens: SafetensorsFile
  private let logProbabilities: SafetensorsFile

  /// Opens what was gathered in a folder.
  ///
  /// - Throws: `FileError` when the files are missing, or are of another shape.
  package init(in folder: String, _ shape: Shape) throws(FileError) {
    self.shape = shape
    tokens = try Self.open("\(folder)/\(Self.tokensName)", shape.tokens)
    logProbabilities = try Self.open(
      "\(folder)/\(Self.logProbabilitiesName)",
      shape.logProbabilities
    )
  }

  private static func open(_ path: String, _ plan: TensorPlan) throws(FileError)
    -> SafetensorsFile
  {
    let file = try SafetensorsFile(path)
    guard file.shape(of: plan.name) == plan.shape, file.dtype(of: plan.name) == plan.dtype else {
      throw FileError(path, at: plan.name, "expected \(plan.shape) in \(plan.dtype)")
    }
    return file
  }

  /// The predictions at some targets, by their places among all.
  ///
  /// - Throws: `FileError` when the files were changed since they were opened.
  public func predictions(at places: Range<Int>) throws -> Predictions {
    let ids = try tokens.tensor(shape.tokens.name).narrowed(0, to: places).to(.int64)
    let values = try logProbabilities.tensor(shape.logProbabilities.name).narrowed(0, to: places)
    let columns = shape.logProbabilities.shape[1]
    func column(_ index: Int) throws -> Tensor {
      try values.narrowed(1, to: index..<index + 1).reshaped([-1])
    }
    let kept = shape.kept ?? shape.vocabulary
    return Predictions(
      top: try ids.narrowed(1, to: 0..<1).reshaped([-1]),
      tokens: try shape.kept.map { try ids.narrowed(1, to: 1..<$0 + 1) },
      logProbabilities: try values.narrowed(1, to: 0..<kept),
      rest: try shape.kept.map { try column($0) },
      targets: try column(columns - 1)
    )
  }

  /// What distributions over the next token were kept at some targets, in memory of its own.
  ///
  /// - Parameter ranges: The places of the targets among all, in the order in which they are wanted.
  /// - Returns: The tokens `[targets, kept]`, nil where all are kept in order, and their log-probabilities
  ///   in f32, with that of all others together at the end of each row where there are any.
  /// - Throws: `FileError` when the files were changed since they were opened.
  func distributions(
    at ranges: [Range<Int>]
  ) throws -> (tokens: Tensor?, logProbabilities: Tensor) {
    let ids = try tokens.tensor(shape.tokens.name)
    let values = try logProbabilities.tensor(shape.logProbabilities.name)
      .narrowed(1, to: 0..<(shape.kept.map { $0 + 1 } ?? shape.vocabulary))
    func rows(_ tensor: Tensor) throws -> Tensor {
      try Tensor.joined(ranges.map { try tensor.narrowed(0, to: $0) }, along: 0)
    }
    let kept = try shape.kept.map { try rows(ids.narrowed(1, to: 1..<$0 + 1)).to(.int64) }
    return (kept, try rows(values))
  }

  /// The mean probability of all tokens that are not kept; zero where all are.
  public func meanRest() throws -> Double {
    guard let kept = shape.kept else { return 0 }
    let rest = try logProbabilities.tensor(shape.logProbabilities.name)
      .narrowed(1, to: kept..<kept + 1)
    return try rest.to(.float64).exp().mean().scalar()
  }
}
