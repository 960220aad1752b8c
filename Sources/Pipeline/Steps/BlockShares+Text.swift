import BillhookCore

extension [Int: Double] {
  /// How many blocks are listed.
  private static let mostListed = 64

  /// What goes of each block, in hundredths by the block's number, as outlines show it.
  var textOfBlocks: String {
    let parts = sorted { $0.key < $1.key }.prefix(Self.mostListed)
      .map { "\($0.key): \(rounded($0.value)) %" }
    let rest = count > Self.mostListed ? " and \(count - Self.mostListed) more" : ""
    return "of block " + parts.joined(separator: ", ") + rest
  }
}
