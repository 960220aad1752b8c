import BillhookCore

/// What tells the measurements of a plan apart, which reports show beside each other: the name of what is
/// measured and of the data, and where those are the same, the settings that differ.
package struct MeasuredNames {
  /// Something that is measured.
  package struct Measurement {
    let evaluation: any Evaluation
    /// The key of the data; nil for what measures the model by itself.
    let data: String?
  }

  /// What measurements of one name share.
  private struct Name: Hashable {
    let evaluation: String
    let data: String?
    /// The settings that names of metrics tell; none of samples, which stand under their prompts.
    let told: [String]
  }

  /// A part of how something is measured.
  private struct Part: Hashable {
    /// As a recipe writes it.
    let text: String
    /// Whether the names of metrics tell it.
    var isNamed = false
  }

  private let inputs: PlanInputs
  /// What all measurements of a name have in common.
  private var common: [Name: Set<Part>] = [:]
  /// What tells measurements of a name apart in full, by the shorter text that is shown for it.
  private var shown: [Name: [String: String]] = [:]

  /// The most characters of one setting that a name shows.
  private static let mostShown = 60

  /// The names of all measurements of a plan, in its order.
  init(_ measurements: [Measurement], _ inputs: PlanInputs) {
    self.inputs = inputs
    for measurement in measurements {
      let parts = Set(parts(of: measurement))
      for name in [nameOfMetrics(of: measurement), nameOfSamples(of: measurement)] {
        common[name, default: parts].formIntersection(parts)
      }
    }
    for measurement in measurements {
      for name in [nameOfMetrics(of: measurement), nameOfSamples(of: measurement)] {
        note(differing(measurement, from: name), of: name)
      }
    }
  }

  /// Metrics under names that nothing else of the plan has.
  func named(_ metrics: [Metric], of measurement: Measurement) -> [Metric] {
    let name = nameOfMetrics(of: measurement)
    let settings = text(of: differing(measurement, from: name), of: name).map { "(\($0))" }
    let rest = [measurement.data.map(inputs.name(ofData:)), settings].compactMap(\.self)
    return metrics.map { $0.named(([$0.name] + rest).joined(separator: " ")) }
  }

  /// Samples with what tells them from others of the same prompts.
  func named(_ samples: [TextSample], of measurement: Measurement) -> [TextSample] {
    let name = nameOfSamples(of: measurement)
    let settings = text(of: differing(measurement, from: name), of: name)
    return samples.map { sample in
      var sample = sample
      sample.settings = settings
      return sample
    }
  }

  // MARK: Parts

  private func nameOfMetrics(of measurement: Measurement) -> Name {
    name(of: measurement, telling: parts(of: measurement).filter(\.isNamed).map(\.text))
  }

  private func nameOfSamples(of measurement: Measurement) -> Name {
    name(of: measurement, telling: [])
  }

  private func name(of measurement: Measurement, telling told: [String]) -> Name {
    Name(
      evaluation: type(of: measurement.evaluation).name,
      data: measurement.data.map(inputs.name(ofData:)),
      told: told
    )
  }

  /// The parts that not all measurements of a name have.
  private func differing(_ measurement: Measurement, from name: Name) -> [Part] {
    parts(of: measurement).filter { !(common[name]?.contains($0) ?? false) }
  }

  private func parts(of measurement: Measurement) -> [Part] {
    let named = type(of: measurement.evaluation).namedParameters
    return measurement.evaluation.settings.map {
      Part(text: $0.text, isNamed: named.contains($0.name))
    } + (measurement.data.map(parts(ofData:)) ?? [])
  }

  /// How data is read and cut, and what it is mixed of.
  private func parts(ofData key: String) -> [Part] {
    guard let step = inputs.data[key] else { return [] }
    let own =
      [type(of: step.source).name] + step.source.settings.map(\.text) + step.windows.settings
    return own.map { Part(text: $0) } + step.parts.flatMap(parts(ofData:))
  }

  /// Gives what tells a measurement apart a text that nothing else of its name has.
  private mutating func note(_ parts: [Part], of name: Name) {
    let full = Self.text(parts) { $0 }
    guard shown[name]?[full] == nil else { return }
    let short = Self.text(parts) {
      $0.count > Self.mostShown ? String($0.prefix(Self.mostShown)) + "…" : $0
    }
    let taken = Set((shown[name] ?? [:]).values)
    let free = (2...).lazy.map { "\(short), \($0)" }.first { !taken.contains($0) }
    shown[name, default: [:]][full] = taken.contains(short) ? free : short
  }

  private func text(of parts: [Part], of name: Name) -> String? {
    let text = shown[name]?[Self.text(parts) { $0 }] ?? ""
    return text.isEmpty ? nil : text
  }

  private static func text(_ parts: [Part], _ shorten: (String) -> String) -> String {
    parts.map { shorten($0.text) }.uniqued.joined(separator: ", ")
  }
}
