import BillhookFiles

extension TrainingSettings {
  /// Why windows cannot be held out of some data, and what to do; nil where they can.
  static func problem(holdingOut count: Int, of windows: Int) -> String? {
    guard count >= windows else { return nil }
    return "leaves nothing to train on: the data has \(counted(windows, "window")); hold out fewer"
  }

  /// Checks that the windows that are held out leave some to train on.
  ///
  /// - Parameter windows: The number of windows of the data.
  /// - Returns: How many are left.
  /// - Throws: `ParameterProblem` where none is.
  package func windowsLeft(of windows: Int) throws(ParameterProblem) -> Int {
    guard let heldOut else { return windows }
    if let problem = Self.problem(holdingOut: heldOut, of: windows) {
      throw ParameterProblem("held_out", "\(heldOut) \(problem)")
    }
    return windows - heldOut
  }

  /// The number of steps of a training on some windows.
  ///
  /// - Parameters:
  ///   - tokens: The windows, those to hold out among them.
  ///   - epochs: The number of epochs where the settings say nothing of the length.
  /// - Returns: The number.
  /// - Throws: `TrainingError` where nothing is left to train on, or steps are too many to count.
  package func stepCount(on tokens: TokenSet, epochs: Int) throws -> Int {
    let (windows, _) = try tokens.split(holdingOut: heldOut ?? 0, seed)
    return try TrainingOrder(windows, self, epochs: epochs).stepCount
  }

  /// The number of steps of a training on windows of which only the number is known, and how long they are.
  ///
  /// - Parameters:
  ///   - windows: How many there are to train on, at least one.
  ///   - length: The tokens of each; nil where they differ, or nobody knows.
  ///   - epochs: The number of epochs where the settings say nothing of the length.
  /// - Returns: The number; nil where it depends on tokens, and their number is not known.
  package func stepCount(onWindows windows: Int, of length: Int?, epochs: Int) -> Int? {
    if let steps { return steps }
    let perEpoch = (windows - 1) / batch + 1
    guard let budget = tokens?.count else {
      return perEpoch.multipliedWithoutOverflow(by: self.epochs ?? epochs)
    }
    guard let length, let all = windows.multipliedWithoutOverflow(by: max(1, length)) else {
      return nil
    }
    // The step that reaches the budget is the last; the last of an epoch may be smaller than others.
    let (whole, rest) = ((budget - 1) / all, (budget - 1) % all + 1)
    guard let perStep = batch.multipliedWithoutOverflow(by: max(1, length)),
      let steps = perEpoch.multipliedWithoutOverflow(by: whole)
    else { return nil }
    let (sum, overflows) = steps.addingReportingOverflow((rest - 1) / perStep + 1)
    return overflows ? nil : sum
  }
}

extension Int {
  fileprivate func multipliedWithoutOverflow(by other: Int) -> Int? {
    let (product, overflows) = multipliedReportingOverflow(by: other)
    return overflows ? nil : product
  }
}
