import BillhookEngine
import BillhookFiles
import BillhookModels

/// The texts whose keys and values a model holds at once, where an amount is one of memory.
public struct CacheLoad: Sendable, Equatable {
  /// The tokens of each text; nil as long as nobody said how many.
  public var context: Int?
  /// The number of texts.
  public var batch = 1

  /// One text.
  public init(context: Int? = nil) { self.context = context }

  /// The settings' names, ranges and help, as for a plugin.
  package static let parameters: [Parameter<CacheLoad>] = [
    Parameter(
      "context",
      \.context,
      in: 0...16_777_216,
      help: "the tokens of each text whose keys and values are held; 0 for the weights alone"
    ),
    Parameter("batch", \.batch, in: 1...65_536, help: "the number of texts at once"),
  ]

  /// The tokens of all texts.
  var tokens: Int { (context ?? 0) * batch }

  /// The settings as a recipe writes them.
  var text: String {
    let batch = batch == 1 ? "" : ", batch = \(batch)"
    return "{ context = \(context ?? 0)\(batch) }"
  }

  /// Both settings, for keys.
  var keyParts: [JSON] { [(context ?? 0).keyPart, batch.keyPart] }

  /// What a model takes with so many texts.
  ///
  /// - Throws: `FileError` where a weight's type cannot be read.
  package func memory(of model: LanguageModel) throws -> ServingMemory {
    ServingMemory(
      weights: try model.byteCount(),
      cache: tokens *| (try model.cacheBytesPerToken())
    )
  }
}

/// The memory that a model takes where texts are generated: its weights as they are stored, and keys and
/// values.
package struct ServingMemory: Sendable, Equatable {
  /// The bytes of the weights.
  package let weights: Int
  /// The bytes of keys and values.
  package let cache: Int

  /// The bytes of both.
  package var bytes: Int { weights +| cache }

  /// Both, and their sum.
  package var text: String {
    "\(weights) bytes of weights and \(cache) of KV cache, \(bytes) in all"
  }
}
