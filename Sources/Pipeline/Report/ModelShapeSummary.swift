package import BillhookCore

/// What a model consists of, block by block: which blocks are left, and the heads and channels of each.
package struct ModelShapeSummary: Sendable, Equatable {
  /// The sizes of one block.
  package struct Block: Sendable, Equatable {
    /// The block's number in the model as it was opened.
    package let number: Int
    /// Its query heads; 0 when its attention is gone.
    package let queryHeads: Int
    /// Its key and value heads; 0 when its attention is gone.
    package let keyValueHeads: Int
    /// The channels between its up and its down projection; 0 when its MLP is gone.
    package let channels: Int
  }

  /// The blocks that are left, in order.
  package let blocks: [Block]
  /// The number of blocks of the model as it was opened.
  package let openedBlocks: Int
  /// Whether the numbers of the blocks are known, and not only how many there are.
  private var knowsNumbers = true

  init(blocks: [Block], openedBlocks: Int) {
    self.blocks = blocks
    self.openedBlocks = openedBlocks
  }

  /// The shape of a model.
  package init(_ model: LanguageModel) {
    blocks = model.blocks.map { block in
      Block(
        number: block.sourceIndex,
        queryHeads: block.attention?.queryHeads ?? 0,
        keyValueHeads: block.attention?.keyValueHeads ?? 0,
        channels: block.mlp?.width ?? 0
      )
    }
    openedBlocks = model.opened.blocks.count
  }

  /// Whether all blocks have the same heads and channels.
  package var isUniform: Bool {
    blocks.allSatisfy { block in
      blocks[0].queryHeads == block.queryHeads && blocks[0].keyValueHeads == block.keyValueHeads
        && blocks[0].channels == block.channels
    }
  }

  /// The same shape, where it is not known yet which blocks are left.
  var withoutNumbers: ModelShapeSummary {
    var shape = self
    shape.knowsNumbers = false
    return shape
  }

  /// The shape in three short texts: which blocks are left, then the heads and the channels of each,
  /// in the order of the blocks, equal neighbours together.
  ///
  /// Where query heads share KV heads, both stand there: `32/8 x20, 28/7 x12`.
  package var texts: [(name: String, value: String)] {
    let isWhole = blocks.count == openedBlocks
    let numbers = blocks.map(\.number).runs
    let isGrouped = blocks.contains { $0.queryHeads != $0.keyValueHeads }
    let heads = blocks.map { block in
      isGrouped ? "\(block.queryHeads)/\(block.keyValueHeads)" : "\(block.queryHeads)"
    }
    return [
      (
        "blocks",
        isWhole
          ? "all \(openedBlocks)"
          : "\(blocks.count) of \(openedBlocks)" + (knowsNumbers ? " (\(numbers))" : "")
      ),
      ("heads", Self.inRuns(heads)),
      ("channels", Self.inRuns(blocks.map { "\($0.channels)" })),
    ]
  }

  /// The shape as reports keep it: an object for each block that is left.
  package var json: JSON {
    .array(
      blocks.map { block in
        [
          "block": .number(JSONNumber(block.number)),
          "query_heads": .number(JSONNumber(block.queryHeads)),
          "kv_heads": .number(JSONNumber(block.keyValueHeads)),
          "channels": .number(JSONNumber(block.channels)),
        ]
      }
    )
  }

  /// Equal neighbours as one text with their number: `8 x4, 7, 6 x2`.
  private static func inRuns(_ texts: [String]) -> String {
    var runs: [(text: String, count: Int)] = []
    for text in texts {
      if runs.last?.text == text {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((text, 1))
      }
    }
    return runs.map { $0.count == 1 ? $0.text : "\($0.text) x\($0.count)" }.joined(separator: ", ")
  }
}
