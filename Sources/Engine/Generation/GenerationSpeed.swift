/// How fast a model generated texts, over several runs.
public struct GenerationSpeed: Sendable, Equatable {
  /// The load that was measured.
  public let load: GenerationLoad
  /// The number of runs.
  public let runs: Int
  /// Seconds until each text of the batch had its first new token.
  public let prefill: Quartiles
  /// Seconds for each further token of every text, averaged over a run; nil where there is only the
  /// first token.
  public let decoding: Quartiles?
  /// Seconds until all texts were done.
  public let latency: Quartiles
  /// New tokens of all texts per second, including the first tokens and the time until then.
  public let throughput: Quartiles
  /// Peak memory in bytes: the weights, and what was held in addition; nil where the system does
  /// not report it.
  public let memory: Int?

  /// Summarises runs; nil without any.
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
