/// What trainings made: a folder for each, with new weights, or checkpoints until there are any.
struct TrainingStore {
  let path: String

  /// The folder of a training; not made yet where it is a new one.
  func folder(of key: StageKey) -> String { "\(path)/\(key.hash)" }
}
