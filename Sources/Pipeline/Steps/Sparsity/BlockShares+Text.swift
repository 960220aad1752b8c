import BillhookCore

extension [Int: Double] {
  /// What goes of each block, in hundredths by the block's number, as outlines show it; of many blocks the
  /// first ones.
  var textOfBlocks: String {
    let mostListed = 64
    let parts = sorted { $0.key < $1.key }.prefix(mostListed)
      .map { "\($0.key): \(rounded($0.value)) %" }
    let rest = count > mostListed ? " and \(count - mostListed) more" : ""
    return "of block " + parts.joined(separator: ", ") + rest
  }
}
