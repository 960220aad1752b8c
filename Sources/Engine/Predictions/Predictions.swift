public import BillhookTorch

/// What a model predicts at some positions: the log-probabilities of some tokens, and all others as
/// one mass.
public struct Predictions {
  /// The likeliest token at each position, of equals the first: `[positions]` in int64.
  public let top: Tensor
  /// The tokens that are kept, `[positions, kept]` in int64; nil for the whole vocabulary in order.
  public let tokens: Tensor?
  /// Their log-probabilities in nats, `[positions, kept]` in f32.
  public let logProbabilities: Tensor
  /// The log of the probability of all others together, `[positions]` in f32; nil where all are kept.
  public let rest: Tensor?
  /// The log-probability of the token that comes next in the text, `[positions]` in f32.
  public let targets: Tensor

  /// Which tokens of a distribution are kept.
  public enum Kept {
    /// So many of the likeliest, fewer than the vocabulary has.
    case likeliest(Int)
    /// Those that another model's predictions keep at the same positions.
    case same(as: Predictions)
    /// The whole vocabulary.
    case all
  }

  init(
    top: Tensor,
    tokens: Tensor?,
    logProbabilities: Tensor,
    rest: Tensor?,
    targets: Tensor
  ) {
    self.top = top
    self.tokens = tokens
    self.logProbabilities = logProbabilities
    self.rest = rest
    self.targets = targets
  }

  /// Takes predictions from logits; sums are f64, and what is kept is rounded to f32.
  ///
  /// - Parameters:
  ///   - seen: The logits, for so few positions that several copies in f64 fit into memory.
  ///   - kept: Which tokens are kept.
  /// - Throws: `TorchError` from libtorch.
  public init(_ seen: PredictingLogits, keeping kept: Kept) throws {
    let logits = try seen.logits.to(.float64)
    top = try seen.logits.argmax(-1)
    switch kept {
    case .likeliest(let count): tokens = try seen.logits.largest(count).positions
    case .same(let other): tokens = other.tokens
    case .all: tokens = nil
    }
    let targets = try logits.gathering(-1, seen.targets.unsqueezed(-1))
    guard let tokens else {
      let all = try logits.logSoftmax(-1)
      logProbabilities = try all.to(.float32)
      rest = nil
      self.targets = try all.gathering(-1, seen.targets.unsqueezed(-1)).reshaped([-1])
        .to(.float32)
      return
    }
    // All others as one more logit: its exponential is the sum of theirs.
    let chosen = try logits.gathering(-1, tokens)
    let none = try Tensor.full(tokens.shape, -.infinity, dtype: .float64, device: logits.device)
    let others = try logits.scattering(-1, tokens, from: none)
    let largest = try others.max(-1).unsqueezed(-1)
    let sum = try (others - largest).exp().sum([-1]).log().unsqueezed(-1) + largest
    let all = try Tensor.joined([chosen, sum], along: -1).logSoftmax(-1)
    let count = tokens.shape[1]
    logProbabilities = try all.narrowed(-1, to: 0..<count).to(.float32)
    rest = try all.narrowed(-1, to: count..<count + 1).reshaped([-1]).to(.float32)
    // What every logit exceeds its log-probability by.
    let excess = try sum - all.narrowed(-1, to: count..<count + 1)
    self.targets = try (targets - excess).reshaped([-1]).to(.float32)
  }

  /// The same predictions on a device.
  public func moved(to device: Device) throws -> Predictions {
    Predictions(
      top: try top.to(device: device),
      tokens: try tokens?.to(device: device),
      logProbabilities: try logProbabilities.to(device: device),
      rest: try rest?.to(device: device),
      targets: try targets.to(device: device)
    )
  }

  /// The Kullback-Leibler divergence of another model's predictions from these at each position,
  /// `Σ p (log p − log q)` over the tokens that are kept and the mass of all others: `[positions]` in
  /// f64, in nats.
  ///
  /// With a mass of others it is at most the divergence of the whole distributions: what is missing
  /// is that mass times the divergence inside of it.
  ///
  /// - Parameter other: Predictions at the same positions, of the same tokens.
  /// - Returns: The divergences.
  /// - Throws: `TorchError` when the shapes differ.
  public func divergences(of other: Predictions) throws -> Tensor {
    func terms(_ p: Tensor, _ q: Tensor) throws -> Tensor {
      let log = try p.to(.float64)
      return try log.exp() * (log - q.to(.float64))
    }
    let kept = try terms(logProbabilities, other.logProbabilities).sum([-1])
    guard let rest, let others = other.rest else { return kept }
    return try kept + terms(rest, others)
  }
}

extension PredictingLogits {
  /// The logits of so many first tokens alone.
  public func narrowed(to count: Int) throws -> PredictingLogits {
    guard count < logits.shape[1] else { return self }
    return PredictingLogits(
      places: places,
      logits: try logits.narrowed(1, to: 0..<count),
      targets: targets
    )
  }

  /// The number of logits that predictions are taken from at once: 16 MB in f64.
  static let takenAtOnce = 2_000_000

  /// The logits in parts that predictions can be taken from.
  public var parts: [PredictingLogits] {
    get throws {
      let rows = max(1, Self.takenAtOnce / logits.shape[1])
      return try stride(from: 0, to: places.count, by: rows).map { start in
        let part = start..<min(start + rows, places.count)
        return PredictingLogits(
          places: places.lowerBound + part.lowerBound..<places.lowerBound + part.upperBound,
          logits: try logits.narrowed(0, to: part),
          targets: try targets.narrowed(0, to: part)
        )
      }
    }
  }
}
