/// What a run reports about its plan; what happens inside stages is reported to the run's context.
package enum PlanEvent: Sendable, Equatable {
  /// The run begins: what is known of it before anything is computed.
  case planned(Forecast)
  /// A step of the plan begins, counted from 1, in some branches from the outermost.
  case reached(step: Int, of: Int, in: [Branch] = [])
}
