/// What plugins promise those who use them.
public enum Promise: String, Sendable, CaseIterable {
  /// It can be registered, its parameters are described, and a recipe can write its settings.
  case declared
  /// It does what it is asked for, without an error.
  case answers
  /// Every unit has one score, every metric and every weight a value, and all are finite.
  case finite
  /// The same call again gives the same bits.
  case deterministic
  /// What it finds does not depend on how the data is cut into batches, or on their order.
  case batches
  /// Observing two parts and merging them gives what observing both at once gives.
  case merges
  /// What some observations left behind is the same after it was written to a file and read again.
  case survives
  /// A run that was stopped and started again gives what an uninterrupted one gives.
  case resumes
  /// A model with units switched off computes what the model with the units cut out computes.
  case gatesEqualCut = "gates_equal_cut"
  /// No weight belongs to two units.
  case disjoint
  /// What a unit is said to cost is what a cut saves.
  case cost
  /// A unit keeps its number when others go.
  case numbers
  /// As many weights are zero in each row, column or matrix, of all that are compared with each other or
  /// of the neighbours of a pattern, as were asked for; and as many units go in a training, where what is
  /// closed stays so.
  case counts
  /// Weights that a mask takes away are zero, and stay so when they are saved and when more go; the others
  /// are as they were, or as a repair says. A repair gives new tensors back, and leaves those that it is
  /// shown as they are.
  case holdsMask = "holds_mask"
  /// A projection that loses nothing is left as it is.
  case unmoved
  /// With a repair, the outputs of a projection on the calibration data are no further from what they
  /// were than without it, whether what goes is known beforehand or chosen on the way.
  case reconstruction
  /// A search ends with as many units, or parameters, gone as were asked for.
  case budget
  /// A search evaluates no more than it said beforehand.
  case bounded
  /// What a search finds is no worse than what scores alone would remove.
  case neverWorse = "never_worse"
  /// The loss on the training data is lower after the training.
  case lowersLoss = "lowers_loss"
  /// Weights that are not trained stay bit for bit as they are.
  case frozen
  /// Observers that are handed to a training see all of its steps.
  case observed
}

/// A promise that a plugin does not keep.
public struct Violation: Sendable, Equatable, CustomStringConvertible {
  /// The promise.
  public let promise: Promise
  /// What was seen instead, and on which model.
  public let message: String

  /// The whole violation in one line.
  public var description: String { "\(promise.rawValue): \(message)" }
}
