import BillhookCore

extension WorkFolder {
  /// How long stages took in earlier runs of a recipe: as the newest run that computed each of them
  /// says.
  ///
  /// - Parameter recipe: The recipe's name, which the folders of its runs end with.
  /// - Returns: Seconds by the stage's name.
  package func secondsOfStages(inRunsOf recipe: String) -> [String: Double] {
    // Much older ones say little.
    let own = ((try? runs()) ?? []).filter { $0.isOf(recipe) }.suffix(10)
    var seconds: [String: Double] = [:]
    for run in own {
      guard let bytes = try? FileSystem.read("\(path)/runs/\(run.text)/journal.jsonl") else {
        continue
      }
      for line in bytes.split(separator: UInt8(ascii: "\n")) {
        guard let entry = try? JSON(parsing: line), let stage = entry["stage"]?.string,
          let time = entry["seconds"]?.double, Self.possible.contains(time),
          entry["reused"]?.bool == false
        else { continue }
        seconds[stage] = time
      }
    }
    return seconds
  }

  /// The seconds that a stage can take, less than ten years; a damaged journal may say anything.
  private static let possible = 0..<3e8
}
