import BillhookFiles
import BillhookModels
import BillhookTorch

/// A block that a sequential pass has finished, in two files of a folder: `block-3.safetensors`
/// with its new weights, and `block-3.json` with what is switched off and checksums, which is
/// written last.
struct SettledBlock {
  private let number: Int
  private let folder: String

  init(_ number: Int, in folder: String) {
    self.number = number
    self.folder = folder
  }

  /// The path of the file with the new weights.
  var weightsPath: String { "\(folder)/block-\(number).safetensors" }
  private var path: String { "\(folder)/block-\(number).json" }

  /// The model with the block's changes; nil where the block is not done yet, or its files have
  /// changed, which a note says.
  func applied(to model: LanguageModel, _ context: RunContext) throws -> LanguageModel? {
    guard FileSystem.exists(path) else { return nil }
    guard let bytes = try? FileSystem.read(path), let json = try? JSON(parsing: bytes),
      var members = json.members, let last = members.popLast(), last.key == "checksum",
      last.value.string == checksum(of: members),
      try json["weights"]?.string == checksumOfWeights()
    else {
      context.progress(
        .note("\(path): is not as a pass left it, so it is not used, and the block is done again")
      )
      return nil
    }
    var model = model
    if json["weights"]?.string != nil { model = try model.editing(by: weightsPath) }
    model.gates.close(closed(in: json), inBlock: number)
    return model
  }

  /// Records that the block is done, after any new weights were written.
  func settle(_ closed: Gates, hasWeights: Bool) throws {
    func numbers(_ set: NumberSet?) -> JSON {
      .array((set ?? []).sorted().map { .number(JSONNumber($0)) })
    }
    let members: [JSON.Member] = [
      .init(
        key: "weights",
        value: hasWeights ? try checksumOfWeights().map(JSON.string) ?? .null : .null
      ),
      .init(key: "block", value: .bool(closed.closedBlocks.contains(number))),
      .init(key: "attention", value: .bool(closed.closedAttentions.contains(number))),
      .init(key: "mlp", value: .bool(closed.closedMLPs.contains(number))),
      .init(key: "heads", value: numbers(closed.closedHeads[number])),
      .init(key: "channels", value: numbers(closed.closedChannels[number])),
    ]
    let seal = JSON.Member(key: "checksum", value: .string(checksum(of: members)))
    try FileSystem.makeDirectory(folder)
    try FileSystem.write(Array(JSON.object(members + [seal]).text(indent: nil).utf8), to: path)
  }

  private func closed(in json: JSON) -> Gates {
    var closed = Gates()
    if json["block"] == true { closed.closedBlocks = [number] }
    if json["attention"] == true { closed.closedAttentions = [number] }
    if json["mlp"] == true { closed.closedMLPs = [number] }
    closed.close(heads: json["heads"]?.array?.compactMap(\.int) ?? [], ofBlock: number)
    closed.close(channels: json["channels"]?.array?.compactMap(\.int) ?? [], ofBlock: number)
    return closed
  }

  /// A checksum that includes the folder's name, so that the files of another pass are not
  /// accepted.
  private func checksum(of members: [JSON.Member]) -> String {
    var sum = Checksum()
    sum.take("\(folder.split(separator: "/").last ?? "")/\(number)")
    sum.take(JSON.object(members).text(indent: nil))
    return sum.hex
  }

  /// The checksum of the file of new weights; nil where there is none.
  private func checksumOfWeights() throws -> String? {
    guard FileSystem.exists(weightsPath) else { return nil }
    return try Checksum(ofFile: weightsPath).hex
  }
}
