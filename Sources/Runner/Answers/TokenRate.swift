import BillhookCore
import Foundation

/// How fast tokens come.
struct TokenRate {
  private let start = ContinuousClock.now
  private var first: ContinuousClock.Instant?
  private var last: ContinuousClock.Instant?
  private var tokens = 0

  /// Counts a token that has just come.
  mutating func count() {
    let now = ContinuousClock.now
    if first == nil { first = now }
    last = now
    tokens += 1
  }

  /// A line that says how long it took, for prompts with these numbers of tokens.
  func summary(prompts: [Int]) -> String {
    guard let first, let last else { return "no tokens" }
    let prefill = String(format: "%.2f", (first - start).seconds)
    let decoding = (last - first).seconds
    let rest = tokens - prompts.count
    let rate = rest > 0 && decoding > 0 ? String(format: "%.1f", Double(rest) / decoding) : "-"
    let total = prompts.reduce(0, +)
    return "\(counted(total, "token")) of prompt, first new token after \(prefill) s; "
      + "\(counted(tokens, "new token")), \(rate) a second"
  }
}
