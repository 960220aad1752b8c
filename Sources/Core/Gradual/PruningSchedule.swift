package import BillhookEngine
import BillhookFiles

/// How much of an amount is gone after each step of a training in which units go little by little.
///
/// Source: Zhu and Gupta, To prune, or not to prune, 2017, arXiv 1710.01878, equation 1, from a sparsity
/// of zero; with a warm-up and a cool-down as in LoRAPrune, Zhang et al., 2023, arXiv 2305.18403.
package struct PruningSchedule: Sendable, Equatable {
  /// The curve from nothing to the whole amount.
  package enum Ramp: String, Choice {
    /// Fast in the beginning, and slower and slower: `1 - (1 - p)³`.
    case cubic
    /// Always as fast: `p`.
    case linear
  }

  /// The curve.
  package var ramp = Ramp.cubic
  /// After how many steps units go.
  package var every = 10
  /// The first steps, in which nothing goes.
  package var warmup = StepCount.share(0.1)
  /// The last steps, in which everything is gone.
  package var cooldown = StepCount.share(0.1)

  /// The defaults of LoRAPrune.
  package init() {}

  /// The settings' names, ranges and help, as for a plugin.
  package static let parameters: [Parameter<PruningSchedule>] = [
    Parameter("every", \.every, in: 1...1_000_000, help: "after how many steps units go"),
    Parameter("warmup", \.warmup, help: "the first steps, in which nothing goes"),
    Parameter("cooldown", \.cooldown, help: "the last steps, in which everything is gone"),
  ]

  /// The schedule as a recipe writes it, without what has its default.
  package var signature: String {
    let fresh = PruningSchedule()
    let settings = Self.parameters.compactMap { parameter in
      let setting = parameter.setting(of: self)
      return setting == parameter.setting(of: fresh) ? nil : setting
    }
    return settings.isEmpty
      ? ramp.rawValue : "\(ramp.rawValue) { \(settings.joined(separator: ", ")) }"
  }

  /// The curve and all settings with their types, for keys.
  package var keyPart: JSON {
    .object(
      [JSON.Member(key: "ramp", value: .string(ramp.rawValue))]
        + Self.parameters.map { JSON.Member(key: $0.name, value: $0.keyPart(of: self)) }
    )
  }

  /// The schedule for a training of so many steps.
  ///
  /// - Throws: `ParameterProblem` where no units would go little by little in it.
  package func course(of steps: Int) throws(ParameterProblem) -> Course {
    let course = Course(
      ramp: ramp,
      every: every,
      start: warmup.count(of: steps),
      end: steps - cooldown.count(of: steps),
      last: min(steps - cooldown.count(of: steps), steps - 1)
    )
    guard course.start < course.end else {
      throw ParameterProblem(
        "warmup",
        "\(warmup.literalText) of warm-up and \(cooldown.literalText) of cool-down leave none of the "
          + "\(counted(steps, "step")) of the training; shorten them, or train longer"
      )
    }
    guard course.firstRemoval < course.last else {
      throw ParameterProblem(
        "every",
        "units would go at once: of the \(counted(steps, "step")) of the training, none from "
          + "\(course.start + 1) to \(course.last - 1) is a multiple of \(every); set a smaller `every`, or "
          + "train longer"
      )
    }
    return course
  }

  /// The schedule in steps, counted from 0.
  package struct Course: Sendable, Equatable {
    let ramp: Ramp
    let every: Int
    /// The last step in which nothing is gone.
    package let start: Int
    /// The step in which the curve reaches the whole amount.
    let end: Int
    /// The step after which the rest goes: `end`, or without a cool-down the last step of the training, so
    /// that what is measured after it lacks everything.
    package let last: Int

    /// The first step after which something goes, where it is before the end.
    var firstRemoval: Int { (start / every + 1) * every }

    /// Whether units go after a step: every so many steps, and when the last ones are due.
    func isDue(after step: Int) -> Bool {
      step == last || (step > start && step < last && step.isMultiple(of: every))
    }

    /// The share of the amount that is gone after a step.
    package func share(after step: Int) -> Double {
      guard step > start else { return 0 }
      guard step < last else { return 1 }
      let part = Double(step - start) / Double(end - start)
      return switch ramp {
      case .cubic: 1 - (1 - part) * (1 - part) * (1 - part)
      case .linear: part
      }
    }
  }
}
