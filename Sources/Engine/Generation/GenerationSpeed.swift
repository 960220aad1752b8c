/// How fast a model made texts, over several runs.
public struct GenerationSpeed: Sendable, Equatable {
  /// What it was asked for.
  public let load: GenerationLoad
  /// The number of runs.
  public let runs: Int
  /// Seconds until each text of the batch had its first new token.
  public let prefill: Quartiles
  /// Seconds for one more token of each text, mean over a run; nil where there is only the first.
  public let decoding: Quartiles?
  /// Seconds until all texts were done.
  public let latency: Quartiles
  /// New tokens of all texts a second, the first ones and the time until then included.
  public let throughput: Quartiles
  /// Bytes of the weights, and of what was held beside them at the peak; nil where the system does
  /// not tell.
  public let memory: Int?

  /// Sums up runs; nil without any.
  init?(_ load: GenerationLoad, _ times: [GenerationTimes], memory: Int?) {
    let totals = times.map { $0.prefill + $0.decoding }
    let tokens = Double(load.batch * load.output)
    guard let prefill = Quartiles(times.map(\.prefill)), let latency = Quartiles(totals),
      let throughput = Quartiles(totals.map { tokens / $0 })
    else { return nil }
    self.load = load
    self.prefill = prefill
    self.latency = latency
    self.throughput = throughput
    self.memory = memory
    runs = times.count
    decoding =
      load.output > 1 ? Quartiles(times.map { $0.decoding / Double(load.output - 1) }) : nil
  }
}
