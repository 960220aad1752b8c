import BillhookCore

/// What an evaluation found of a model, as a stage keeps it.
struct MeasuredModel {
  let metrics: [Metric]
  /// The texts that the model wrote; none for most evaluations.
  let samples: [TextSample]
  /// How long measuring took.
  var seconds = 0.0

  /// Numbers alone.
  init(_ metrics: [Metric]) {
    self.metrics = metrics
    samples = []
  }

  /// Lets a model write, and measures what it wrote.
  ///
  /// - Throws: What the evaluation throws, and where its metrics are not finite.
  init(
    sampling model: LanguageModel,
    by evaluation: any SamplingEvaluation,
    _ context: RunContext
  ) throws {
    samples = try evaluation.answer { try evaluation.samples(of: model, context) }
    metrics = evaluation.metrics(of: samples)
    try evaluation.requireFinite(metrics, of: model, context)
  }

  /// Reads what was kept; nil where it is no such thing.
  init?(_ json: JSON) {
    let (elements, texts) = (json["metrics"]?.array ?? [], json["samples"]?.array ?? [])
    metrics = elements.compactMap(Metric.init)
    samples = texts.compactMap(TextSample.init)
    guard let seconds = json["seconds"]?.double, metrics.count == elements.count,
      samples.count == texts.count
    else { return nil }
    self.seconds = seconds
  }

  /// What is kept.
  var json: JSON {
    [
      "metrics": .array(metrics.map(\.json)),
      "samples": .array(samples.map(\.json)),
      "seconds": JSONNumber(seconds).map(JSON.number) ?? .null,
    ]
  }
}
