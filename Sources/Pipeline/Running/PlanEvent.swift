/// What a run tells of its plan; what happens inside of stages, the run's context hears.
package enum PlanEvent: Sendable, Equatable {
  /// The run begins: what is known of it before anything is computed.
  case planned(Forecast)
  /// A step of the plan begins, counted from 1, in some branches from the outermost.
  case reached(step: Int, of: Int, in: [Branch] = [])
}
