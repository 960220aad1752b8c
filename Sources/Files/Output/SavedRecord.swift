/// The record of a saved model as it is read back: `billhook.json`, which stays with the directory
/// when it is moved or copied.
///
/// It lists the files beside it, and ends with its own checksum, so that saved files can be
/// distinguished from everything else in the directory.
package struct SavedRecord {
  package static let fileName = "billhook.json"
  /// The key of the list of files.
  package static let files = "files"
  private let json: JSON
  /// Whether the record itself is unchanged.
  private let isWhole: Bool

  /// Reads the record of a directory; nil where it has none, or one that is not JSON.
  package init?(in directory: String) {
    guard let bytes = try? FileSystem.read("\(directory)/\(Self.fileName)"),
      let json = try? JSON(parsing: bytes), json["billhook"]?.string != nil
    else { return nil }
    self.json = json
    isWhole = SealedDocument.open(bytes) != nil
  }

  /// What was done to the model's source, step by step.
  package var derivation: [String]? { json["steps"]?.array?.compactMap(\.string) }

  /// The files beside the record; nil in records of earlier versions, which do not list them.
  package var files: WrittenFiles? { WrittenFiles(json[Self.files]) }

  /// Files in the directory that were not saved there, or were changed since.
  ///
  /// The model's card is not listed, because it changes with what is measured later; it has a seal of
  /// its own.
  ///
  /// - Parameters:
  ///   - directory: The directory.
  ///   - limit: The largest file whose contents are compared, in bytes; larger ones are compared by
  ///     size.
  /// - Returns: Nil where the record does not list the files.
  /// - Throws: `FileError` when something cannot be read.
  package func strangers(
    in directory: String,
    readingAtMost limit: Int = .max
  ) throws -> [WrittenFiles.Stranger]? {
    guard let files else { return nil }
    return try files.strangers(in: directory, readingAtMost: limit).compactMap { stranger in
      // A card that was being written again when the run was killed; only Billhook ends names like that.
      if stranger.name == SealedPage.cardName + FileSystem.unfinished { return nil }
      if stranger.name == SealedPage.cardName,
        try SealedPage.isWhole("\(directory)/\(stranger.name)", by: .save)
      {
        return nil
      }
      guard stranger.name == Self.fileName else { return stranger }
      return isWhole ? nil : WrittenFiles.Stranger(name: Self.fileName, isChanged: true)
    }
  }

  /// Identifiers of the saved files, which show whether they are still as they were left, whatever
  /// was added; nil where there is no record of the files.
  package static func identities(in directory: String) throws -> [String: String]? {
    guard let files = SavedRecord(in: directory)?.files else { return nil }
    let names = Set(files.files.map(\.name) + [fileName])
    return try WrittenFiles.identities(in: directory).filter { names.contains($0.key) }
  }

  /// Whether two records say the same, whatever else the recipes contained.
  ///
  /// Records of earlier versions do not list the files, which are compared separately.
  package static func agree(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard let one = try? JSON(parsing: one), let other = try? JSON(parsing: other) else {
      return false
    }
    var passedOver: Set = ["recipe", "recipe_sha256", SealedDocument.seal]
    if one[files] == nil || other[files] == nil { passedOver.insert(files) }
    let members = [one, other].map { record in
      (record.members ?? []).filter { !passedOver.contains($0.key) }
    }
    return members[0] == members[1]
  }
}
