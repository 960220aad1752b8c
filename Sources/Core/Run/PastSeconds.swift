import BillhookModels

extension WorkFolder {
  /// How long stages took in earlier runs of a recipe: what the newest run that computed it says.
  ///
  /// - Parameter recipe: The recipe's name, which the folders of its runs end with.
  /// - Returns: Seconds by the stage's name.
  public func secondsOfStages(inRunsOf recipe: String) -> [String: Double] {
    let runs = (try? FileSystem.names(in: "\(path)/runs")) ?? []
    // Their names begin with the time, so the newest is last. Much older ones say little.
    let own = runs.filter { $0.hasSuffix("-\(recipe)") }.suffix(10)
    var seconds: [String: Double] = [:]
    for run in own {
      guard let bytes = try? FileSystem.read("\(path)/runs/\(run)/journal.jsonl") else { continue }
      for line in bytes.split(separator: UInt8(ascii: "\n")) {
        guard let entry = try? JSON(parsing: line), let stage = entry["stage"]?.string,
          let time = entry["seconds"]?.double, entry["reused"]?.bool == false
        else { continue }
        seconds[stage] = time
      }
    }
    return seconds
  }
}
