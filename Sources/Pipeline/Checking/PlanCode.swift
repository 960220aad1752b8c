/// The codes of what can be wrong with a recipe whose syntax is right.
///
/// A code never changes its meaning; new ones are added at the end of their hundred.
package enum PlanCode: String, Sendable, CaseIterable {
  /// A statement that begins with an unknown word.
  case unknownStatement = "E0101"
  /// A name that no plugin of the kind has.
  case unknownPlugin = "E0102"
  /// A setting that its owner does not have.
  case unknownSetting = "E0103"
  /// A variable that no `let` defines before.
  case unknownVariable = "E0104"
  /// A name that no `data` defines before.
  case unknownData = "E0105"
  /// A clause that its statement does not have.
  case unknownClause = "E0106"
  /// A value of another type, or out of range.
  case wrongValue = "E0201"
  /// Too few, too many or other values than a statement, clause or plugin takes.
  case wrongArguments = "E0202"
  /// A clause that a statement cannot do without.
  case missingClause = "E0203"
  /// A clause where only settings may stand.
  case misplacedClause = "E0204"
  /// An `on` after something that uses no data.
  case misplacedData = "E0205"
  /// Something that uses data, without `on`.
  case noData = "E0206"
  /// Something that may stand only once, and stands twice.
  case repeated = "E0207"
  /// No statement names the model.
  case noModel = "E0208"
  /// Settings or clauses that contradict each other.
  case inconsistent = "E0209"
  /// A model that is named after what is done with it.
  case lateModel = "E0210"
  /// A list or a string that grows beyond the limit.
  case tooLarge = "E0211"
  /// A statement inside braces that may only stand outside of them.
  case misplacedStatement = "E0212"
  /// A criterion or a repair that does not support the units.
  case unsuitable = "E0213"
  /// A file that is missing, or is not a file.
  case missingFile = "E0301"
  /// A model that cannot be opened.
  case unusableModel = "E0302"
  /// An amount that the model cannot give.
  case impossibleAmount = "E0303"
  /// A path that nothing can be saved to.
  case unusableTarget = "E0304"
  /// A shape that the format of a `save` cannot hold.
  case unusableShape = "E0305"
  /// A statement that failed while it ran.
  case failedStep = "E0401"
  /// A definition that nothing uses.
  case unused = "W0401"
  /// Windows that are longer than the sequences that the model was made for.
  case beyondPositions = "W0402"
  /// A statement that takes more memory than the machine has.
  case beyondMemory = "W0403"
  /// More to write than a disk has room for.
  case beyondDisk = "W0404"
  /// An amount that could not be met as asked, or in a way that may surprise.
  case unexpectedAmount = "W0405"
  /// A changed model that nothing measures or saves.
  case lostResult = "W0406"
  /// A measurement that was made already.
  case repeatedMeasurement = "W0407"
  /// Something about the model or its adapter that is ignored, or looks wrong.
  case remarkableModel = "W0410"
  /// A saved model that programs other than transformers refuse, or compute differently.
  case otherReaders = "W0411"
}
