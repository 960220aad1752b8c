import BillhookCore

extension WorkFolder {
  /// What `clean` did.
  package struct Cleaning {
    /// How many stages were removed.
    package internal(set) var stages = 0
    /// How many runs were removed.
    package internal(set) var runs = 0
    /// The paths of what stayed, because no run keeps it there, or because somebody changed it.
    package internal(set) var left: [String] = []
  }

  /// Removes what runs computed and noted, and nothing else.
  ///
  /// - Parameter path: The folder.
  /// - Returns: What was removed and what stayed.
  /// - Throws: `FileError` when the folder is not marked as a work folder, a run is using it, or
  ///   something cannot be removed.
  package static func clean(_ path: String) throws -> Cleaning {
    guard WorkFolderMarker.isSet(in: path) else {
      throw FileError(
        path,
        "is not marked as a work folder of Billhook (it holds no \(WorkFolderMarker.fileName)), "
          + "so nothing is removed; if it is one, remove it yourself"
      )
    }
    return try WorkFolder(path).clean()
  }

  private func clean() throws -> Cleaning {
    var cleaning = Cleaning()
    // A plugin's recovery may name its weights as it likes; its stage knows the names.
    var weights: [String: [String]] = [:]
    for training in try Self.folders(in: "\(path)/\(Self.productsName)") {
      let key = String(training.split(separator: "/").last ?? "")
      weights[key] = self.weights(ofTraining: key)
    }
    try FileSystem.remove("\(path)/\(Self.hashesName)")
    try clean(Self.stagesName, &cleaning) { folder, name, cleaning in
      guard Self.isKey(name, ending: ".json") else { return }
      try FileSystem.remove("\(folder)/\(name)")
      cleaning.stages += 1
    }
    try clean(Self.productsName, &cleaning) { folder, name, _ in
      guard Self.isKey(name, ending: "") else { return }
      let own = (weights[name] ?? []) + [Products.keyName]
      try Self.removeFiles(of: "\(folder)/\(name)") {
        Products.isOfTraining($0) || own.contains($0)
      }
    }
    try clean(Self.evidenceName, &cleaning) { folder, name, _ in
      guard Self.isKey(name, ending: "") else { return }
      try Self.removeFiles(of: "\(folder)/\(name)", where: PassFolder.isFile)
    }
    try clean(Self.runsName, &cleaning) { folder, name, cleaning in
      if try RunFolder.remove("\(folder)/\(name)") { cleaning.runs += 1 }
    }
    let own = [
      Self.lockName, Self.stagesName, Self.productsName, Self.evidenceName, Self.runsName,
      WorkFolderMarker.fileName,
    ]
    for name in try FileSystem.names(in: path) where !own.contains(name) {
      let entry = "\(path)/\(name)"
      let isFolder = FileSystem.isDirectory(entry) && !FileSystem.isLink(entry)
      cleaning.left +=
        isFolder ? try WrittenFiles.names(in: entry).map { "\(entry)/\($0)" } : [entry]
    }
    return cleaning
  }

  /// Removes what gathering evidence needed to resume, where there is any.
  static func clearEvidence(_ folder: String) throws {
    try removeFiles(of: folder, where: PassFolder.isFile)
    _ = FileSystem.removeEmptyDirectory(FileSystem.parent(of: folder))
  }

  /// Removes some of what is in one of the folders, then the folder itself where it is empty.
  private func clean(
    _ name: String,
    _ cleaning: inout Cleaning,
    _ remove: (String, String, inout Cleaning) throws -> Void
  ) throws {
    let folder = "\(path)/\(name)"
    guard FileSystem.isDirectory(folder) else { return }
    for entry in try FileSystem.names(in: folder) { try remove(folder, entry, &cleaning) }
    guard !FileSystem.removeEmptyDirectory(folder) else { return }
    cleaning.left += try WrittenFiles.names(in: folder).map { "\(folder)/\($0)" }
  }

  /// Removes files that are ours from a folder, then the folder itself where it is empty.
  private static func removeFiles(of folder: String, where isOurs: (String) -> Bool) throws {
    guard FileSystem.isDirectory(folder), !FileSystem.isLink(folder) else { return }
    for name in try FileSystem.names(in: folder)
    where isOurs(name) && !FileSystem.isDirectory("\(folder)/\(name)") {
      try FileSystem.remove("\(folder)/\(name)")
    }
    _ = FileSystem.removeEmptyDirectory(folder)
  }

  /// Whether a name is a stage's key in hexadecimal digits.
  private static func isKey(_ name: String, ending: String) -> Bool {
    guard name.hasSuffix(ending) else { return false }
    let key = name.dropLast(ending.count)
    return key.utf8.count == 64 && key.allSatisfy(\.isHexDigit)
  }

  /// Removes what killed runs left behind: files that were half written, what nobody needs after a
  /// run, and checkpoints of trainings that ended.
  ///
  /// The lock is held, so no run that wrote them is alive.
  func clearUp() throws(FileError) {
    try Self.removeUnfinished(in: path)
    try Self.removeUnfinished(in: "\(path)/\(Self.stagesName)")
    for run in try Self.folders(in: "\(path)/\(Self.runsName)") where RunFolder.isRun(run) {
      try FileSystem.remove("\(run)/\(RunFolder.scratchName)")
      try Self.removeUnfinished(in: run)
    }
    for evidence in try Self.folders(in: "\(path)/\(Self.evidenceName)") {
      for name in try FileSystem.names(in: evidence)
      where name.hasSuffix("partial") && PassFolder.isFile(name) {
        try FileSystem.remove("\(evidence)/\(name)")
      }
    }
    for training in try Self.folders(in: "\(path)/\(Self.productsName)") {
      guard let key = training.split(separator: "/").last,
        let weights = weights(ofTraining: String(key))
      else { continue }
      for name in try FileSystem.names(in: training)
      where Products.isOfTraining(name) && !weights.contains(name)
        && name != TrainingOutcome.logName
      {
        try FileSystem.remove("\(training)/\(name)")
      }
    }
  }

  /// The files of new weights that a training ended with; nil while it is not finished.
  private func weights(ofTraining key: String) -> [String]? {
    let file = "\(path)/\(Self.stagesName)/\(key).json"
    guard let bytes = try? FileSystem.read(file), let json = SealedDocument.open(bytes) else {
      return nil
    }
    return json["result"]?["weights"]?.array?.compactMap { $0["name"]?.string }
  }

  /// The folders in a folder, without links to some.
  private static func folders(in folder: String) throws(FileError) -> [String] {
    guard FileSystem.isDirectory(folder) else { return [] }
    return try FileSystem.names(in: folder).map { "\(folder)/\($0)" }
      .filter { FileSystem.isDirectory($0) && !FileSystem.isLink($0) }
  }

  private static func removeUnfinished(in folder: String) throws(FileError) {
    guard FileSystem.isDirectory(folder) else { return }
    for name in try FileSystem.names(in: folder) where name.hasSuffix(FileSystem.unfinished) {
      try FileSystem.remove("\(folder)/\(name)")
    }
  }
}
