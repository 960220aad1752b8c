import BillhookPipeline
package import BillhookRecipe

extension PlanCode {
  /// The explanation of the code.
  package var explanation: Explanation {
    switch self {
    case .unknownStatement: .unknownStatement
    case .unknownPlugin: .unknownPlugin
    case .unknownSetting: .unknownSetting
    case .unknownVariable: .unknownVariable
    case .unknownData: .unknownData
    case .unknownClause: .unknownClause
    case .wrongValue: .wrongValue
    case .wrongArguments: .wrongArguments
    case .missingClause: .missingClause
    case .misplacedClause: .misplacedClause
    case .misplacedData: .misplacedData
    case .noData: .noData
    case .repeated: .repeated
    case .noModel: .noModel
    case .inconsistent: .inconsistent
    case .lateModel: .lateModel
    case .tooLarge: .tooLarge
    case .misplacedStatement: .misplacedStatement
    case .unsuitable: .unsuitable
    case .missingFile: .missingFile
    case .unusableModel: .unusableModel
    case .impossibleAmount: .impossibleAmount
    case .unusableTarget: .unusableTarget
    case .unusableShape: .unusableShape
    case .failedStep: .failedStep
    case .unused: .unused
    case .beyondPositions: .beyondPositions
    case .beyondMemory: .beyondMemory
    case .beyondDisk: .beyondDisk
    case .unexpectedAmount: .unexpectedAmount
    case .lostResult: .lostResult
    case .repeatedMeasurement: .repeatedMeasurement
    case .remarkableModel: .remarkableModel
    case .otherReaders: .otherReaders
    }
  }
}
