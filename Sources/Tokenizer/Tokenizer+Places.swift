extension Tokenizer {
  /// Where each of a text's tokens ends in it, in bytes.
  ///
  /// Tokens are laid along the text: white space that an added token takes belongs to it, and a space that
  /// the tokenizer puts before a text has no place.
  ///
  /// - Parameters:
  ///   - ids: The tokens of the text, without any around it.
  ///   - text: The text's UTF-8.
  /// - Returns: As many places as tokens; nil where a normalizer has changed the text.
  package func ends(of ids: [Int], in text: [UInt8]) -> [Int]? {
    var ends: [Int] = []
    var position = 0
    func fits(_ bytes: ArraySlice<UInt8>, at place: Int) -> Bool {
      place + bytes.count <= text.count && text[place..<place + bytes.count].elementsEqual(bytes)
    }
    for id in ids {
      guard let bytes = bytesOfText(id) else { return nil }
      var start = position
      if !fits(bytes[...], at: start) {
        let spaces = text[start...].prefix { [0x20, 0x09, 0x0A, 0x0D].contains($0) }.count
        if spaces > 0, fits(bytes[...], at: start + spaces) {
          start += spaces
          if !ends.isEmpty { ends[ends.count - 1] = start }
        } else if bytes.first == 0x20, fits(bytes.dropFirst(), at: start) {
          start -= 1
        } else {
          return nil
        }
      }
      position = start + bytes.count
      ends.append(position)
    }
    return ends
  }
}
