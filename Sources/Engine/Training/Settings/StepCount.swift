/// A number of steps, or a share of all steps: `100`, `5%`.
public enum StepCount: Sendable, Equatable {
  /// So many steps.
  case steps(Int)
  /// A share of all steps, from 0 to 1.
  case share(Double)

  /// The number of steps, given the number of all steps.
  package func count(of steps: Int) -> Int {
    switch self {
    case .steps(let count): count
    case .share(let share): Int((share * Double(steps)).rounded())
    }
  }
}
