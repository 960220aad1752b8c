/// A teacher that runs once over the data of a training, before it: what it predicts is kept, and it is not
/// in memory while the model is trained.
public struct KeptTeacher: Sendable {
  /// The directory of the teacher; nil for the model as it was opened.
  public let model: ModelPath?
  /// How many of its likeliest tokens are kept at each position, all others as one mass; nil for all.
  public let kept: Int?
  /// What its logits are divided by before probabilities are taken of them.
  public let temperature: Double

  /// Describes a teacher.
  public init(_ model: ModelPath? = nil, keeping kept: Int?, temperature: Double = 1) {
    self.model = model
    self.kept = kept
    self.temperature = temperature
  }
}
