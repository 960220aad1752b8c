import BillhookFiles
import BillhookTorch

/// What was found in the steps of a search so far: the losses of all candidates.
struct SearchRecord {
  /// One step.
  struct Step {
    let losses: [Double]
    /// The parameters that each candidate lacks.
    let gone: [Int]
    /// The number of windows that they were tried on.
    let windows: Int
  }

  /// The steps that are done.
  private(set) var steps: [Step] = []

  mutating func append(_ step: Step) { steps.append(step) }

  /// The number of candidates.
  var evaluations: Int { steps.reduce(0) { $0 + $1.losses.count } }

  /// The steps in at most so many points; of the others only the lowest loss counts.
  ///
  /// - Parameters:
  ///   - most: The most points.
  ///   - fitness: What losses stand for; nil for themselves.
  /// - Returns: The points, in the order of the steps.
  func curve(ofAtMost most: Int, of fitness: SearchFitness? = nil) -> [SearchOutcome.Point] {
    let stride = max(1, (steps.count + most - 1) / most)
    return Swift.stride(from: 0, to: steps.count, by: stride).compactMap { start in
      let losses = steps[start..<min(start + stride, steps.count)].flatMap(\.losses)
        .filter(\.isFinite)
      guard let least = losses.min() else { return nil }
      let mean = losses.reduce(0, +) / Double(losses.count)
      return SearchOutcome.Point(
        step: start,
        best: fitness?.loss(least) ?? least,
        mean: fitness?.loss(mean) ?? mean
      )
    }
  }

  // MARK: Files

  /// The lines of the log: one for each step.
  func lines(from first: Int = 0, of fitness: SearchFitness? = nil) -> [JSON] {
    steps.indices.dropFirst(first).map { index in
      let step = steps[index]
      if let fitness {
        let values = step.losses.map(fitness.loss)
        return [
          "step": .number(JSONNumber(index)),
          "fitness": .string(fitness.evaluation.signature),
          "values": .array(values.map { JSONNumber($0).map(JSON.number) ?? .null }),
          "parameters_gone": .array(step.gone.map { .number(JSONNumber($0)) }),
        ]
      }
      return [
        "step": .number(JSONNumber(index)),
        "windows": .number(JSONNumber(step.windows)),
        "losses": .array(step.losses.map { JSONNumber($0).map(JSON.number) ?? .null }),
        "parameters_gone": .array(step.gone.map { .number(JSONNumber($0)) }),
      ]
    }
  }

  /// The record as a checkpoint stores it; nothing for an empty one.
  func tensors() throws -> [String: Tensor] {
    guard !steps.isEmpty else { return [:] }
    let losses = steps.flatMap(\.losses)
    let counts = ["steps/counts": try Tensor(steps.map(\.losses.count))]
      .merging(["steps/windows": try Tensor(steps.map(\.windows))]) { $1 }
    guard !losses.isEmpty else { return counts }
    return counts.merging(
      ["steps/losses": try Tensor(losses), "steps/gone": try Tensor(steps.flatMap(\.gone))]
    ) { $1 }
  }

  /// Reads what `tensors` gave; nil for anything else.
  init?(_ tensors: [String: Tensor], steps count: Int) {
    guard count > 0 else { return }
    guard let counts = try? tensors["steps/counts"]?.integers(),
      let windows = try? tensors["steps/windows"]?.integers(),
      counts.count == count, windows.count == count, counts.allSatisfy({ $0 >= 0 })
    else { return nil }
    let losses = (try? tensors["steps/losses"]?.doubles()) ?? []
    let gone = (try? tensors["steps/gone"]?.integers()) ?? []
    let all = counts.reduce(0) { $0 +| $1 }
    guard losses.count == all, gone.count == all else { return nil }
    var start = 0
    for (count, windows) in zip(counts, windows) {
      let range = start..<start + count
      steps.append(Step(losses: Array(losses[range]), gone: Array(gone[range]), windows: windows))
      start += count
    }
  }

  init() {}
}
