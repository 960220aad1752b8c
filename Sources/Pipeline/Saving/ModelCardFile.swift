import BillhookCore

/// The card among the files of a saved model.
///
/// A card that the base has of its own moves aside: it is about the base. One that a format wrote stays,
/// and is the only one. A card that Billhook wrote is sealed and in no list of files, so that it can be
/// written again when more is measured; one that somebody changed stays as it is.
enum ModelCardFile {
  /// What the base's own card is called beside the saved model.
  static let baseName = "README.base.md"

  /// Makes room for a card in a new directory.
  ///
  /// - Parameters:
  ///   - directory: The new directory, with everything that the format wrote.
  ///   - base: The directory of the model that it was made of.
  /// - Returns: Whether a card may be written.
  /// - Throws: `FileError` when files cannot be read or renamed.
  static func prepare(_ directory: String, madeOf base: String) throws(FileError) -> Bool {
    let card = "\(directory)/\(SealedPage.cardName)"
    guard FileSystem.exists(card) else { return true }
    let own = "\(base)/\(SealedPage.cardName)"
    guard FileSystem.exists(own), try FileSystem.read(own) == FileSystem.read(card) else {
      return false
    }
    let stem = "\(directory)/\(baseName.dropLast(".md".count))"
    try FileSystem.rename(card, to: FileSystem.unusedPath(stem, extension: "md"))
    return true
  }

  /// Writes a card again, if the one that is there is Billhook's and nobody changed it, and the model there
  /// is still the one that it is about.
  static func update(_ card: ModelCard, with report: Report) throws(FileError) {
    let path = "\(card.path)/\(SealedPage.cardName)"
    // What a run that was killed at this left there.
    try FileSystem.remove(path + FileSystem.unfinished)
    guard FileSystem.exists(path), try SealedPage.isWhole(path, by: .save),
      SavedRecord.contents(in: card.path) == card.contents
    else { return }
    let bytes = Array(card.text(report).utf8)
    if try FileSystem.read(path) != bytes { try FileSystem.write(bytes, to: path) }
  }
}
