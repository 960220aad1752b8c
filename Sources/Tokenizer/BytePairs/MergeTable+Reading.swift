import BillhookFiles

extension MergeTable {
  /// Reads pairs, each as `"left right"` or as `["left", "right"]`.
  init(_ field: TokenizerField, _ vocabulary: Vocabulary) throws(TokenizerError) {
    guard let merges = field.value?.array else { throw field.unexpected("an array") }
    guard merges.count < UInt32.max / 2 else { throw field.failure("too many merges") }

    self.init(capacity: merges.count)
    for (index, merge) in merges.enumerated() {
      let place = { TokenizerField(file: field.file, key: "\(field.key)[\(index)]", value: merge) }
      // Older files contain the first line of the text file that their merges came from.
      if let text = merge.string, text.hasPrefix("#version") { continue }
      guard let (left, right) = Self.pair(merge) else {
        throw place().unexpected("\"left right\" or [\"left\", \"right\"]")
      }
      var ids: [Int32] = []
      for token in [left, right, left + right] {
        guard let id = vocabulary.id(of: token) else {
          let name = String(decoding: token, as: UTF8.self)
          throw place().failure("`\(name)` is not in the vocabulary")
        }
        ids.append(id)
      }
      append(ids[0], ids[1], becomes: ids[2])
    }
  }

  static func pair(_ merge: JSON) -> ([UInt8], [UInt8])? {
    switch merge {
    case .string(let text):
      let parts = text.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
      return parts.count == 2 ? (Array(parts[0]), Array(parts[1])) : nil
    case .array(let parts):
      guard parts.count == 2, let left = parts[0].string, let right = parts[1].string else {
        return nil
      }
      return (Array(left.utf8), Array(right.utf8))
    default:
      return nil
    }
  }
}
