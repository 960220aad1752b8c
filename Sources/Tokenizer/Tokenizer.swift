import BillhookFiles

/// A byte-pair or unigram tokenizer read from a Hugging Face `tokenizer.json`.
///
/// It gives the ids that the `tokenizers` library gives. A file that asks for something unsupported
/// is an error when it is read, never a different result. `truncation` and `padding` are left
/// alone: windows are cut elsewhere.
public struct Tokenizer: Sendable {
  private let normalizer: Normalizer
  private let preTokenizer: PreTokenizer
  private let model: TokenizerModel
  private let added: AddedTokens
  private let template: SpecialTokenTemplate
  private let decoder: TokenDecoder

  /// The largest file in bytes; those of the largest vocabularies have some thirty megabytes.
  private static let longest = 1 << 27

  /// Reads a `tokenizer.json`.
  ///
  /// - Throws: The member at fault, what was found there and what is supported.
  public init(contentsOf path: String) throws(TokenizerError) {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try FileSystem.read(path, atMost: Self.longest)
    } catch {
      let problem = Self.otherForm(beside: path) ?? error.message
      throw TokenizerError(file: path, key: "", problem: problem)
    }
    try self.init(parsing: bytes, file: path)
  }

  /// Reads a tokenizer from the bytes of its file.
  ///
  /// - Parameters:
  ///   - bytes: The content of a `tokenizer.json`.
  ///   - file: What errors call the file.
  /// - Throws: The member at fault, what was found there and what is supported.
  public init(parsing bytes: some Sequence<UInt8>, file: String) throws(TokenizerError) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: bytes)
    } catch {
      throw TokenizerError(file: file, key: "", problem: error.description)
    }
    let root = TokenizerField(file: file, key: "", value: json)
    try root.allow(
      "version",
      "truncation",
      "padding",
      "added_tokens",
      "normalizer",
      "pre_tokenizer",
      "post_processor",
      "decoder",
      "model"
    )

    normalizer = try Normalizer(root["normalizer"])
    preTokenizer = try PreTokenizer(root["pre_tokenizer"])
    model = try TokenizerModel(root["model"], isByteLevel: preTokenizer.isByteLevel)
    added = try AddedTokens(root["added_tokens"], model.vocabulary, normalizer)
    template = try SpecialTokenTemplate(root["post_processor"], idCount: added.idCount)
    decoder = try TokenDecoder(root["decoder"])
  }

  /// How many ids there are, including those of added tokens: ids go from 0 to one below this.
  public var vocabularySize: Int { added.idCount }

  /// The id that is added before every text, if there is one.
  public var beginningToken: Int? { template.before.first }

  /// The id of a token as the file writes it; nil if there is no such token.
  public func id(of token: String) -> Int? {
    let bytes = Array(token.utf8)
    return added.id(of: bytes) ?? model.vocabulary.id(of: bytes).map(Int.init)
  }

  /// The token of an id as the file writes it; nil if there is no such id.
  public func token(of id: Int) -> String? {
    guard let bytes = added[id]?.content ?? own(id) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether a token is special: one that can be left out of decoded text.
  public func isSpecial(_ id: Int) -> Bool {
    added[id]?.isSpecial ?? false
  }

  /// Turns text into ids.
  ///
  /// Texts of added tokens become their ids wherever they occur, special or not.
  ///
  /// - Parameters:
  ///   - text: Any text.
  ///   - addingSpecialTokens: Whether the ids are added that the file puts around a text.
  /// - Returns: The ids in the order of the text.
  public func encode(_ text: String, addingSpecialTokens: Bool) -> [Int] {
    encode(text, addingSpecialTokens: addingSpecialTokens) { (_) throws(Never) in }
  }

  /// How many bytes of text there are between two calls of `between`.
  private static let bytesAtOnce = 1 << 18

  /// Turns text into ids, with a way to stop before the end.
  ///
  /// Texts of added tokens become their ids wherever they occur, special or not.
  ///
  /// - Parameters:
  ///   - text: Any text.
  ///   - addingSpecialTokens: Whether the ids are added that the file puts around a text.
  ///   - between: Called from time to time with the share that is done.
  /// - Returns: The ids in the order of the text.
  /// - Throws: What `between` throws, which ends the work.
  public func encode<Stop: Error>(
    _ text: String,
    addingSpecialTokens: Bool,
    between: (_ share: Double) throws(Stop) -> Void
  ) throws(Stop) -> [Int] {
    var ids = addingSpecialTokens ? template.before : []
    var memory = TokenizerModel.Memory()
    let bytes = Array(text.utf8)
    let whole = Piece(bytes: bytes, range: 0..<bytes.count, isFirst: true)
    var (done, told) = (0, 0)
    // Normalizers may have made the text longer than it was.
    func tell(_ done: Int) throws(Stop) {
      try between(min(1, Double(done) / Double(max(1, bytes.count))))
    }
    try added.split(whole, normalized: false) { (piece, id) throws(Stop) in
      if let id { return ids.append(id) }
      try added.split(normalizer.apply(piece), normalized: true) { (piece, id) throws(Stop) in
        if let id { return ids.append(id) }
        try preTokenizer.forEachWord(of: piece) { (text, word) throws(Stop) in
          try model.encode(text, word, using: &memory, into: &ids) { (part) throws(Stop) in
            try tell(done + part)
          }
          done += word.count
          guard done - told >= Self.bytesAtOnce else { return }
          told = done
          try tell(done)
        }
      }
    }
    if addingSpecialTokens { ids += template.after }
    return ids
  }

  /// Turns ids into text.
  ///
  /// - Parameters:
  ///   - ids: Ids in the order of the text; unknown ids are skipped.
  ///   - skippingSpecialTokens: Whether special tokens are left out.
  /// - Returns: The text, with U+FFFD where tokens do not add up to UTF-8.
  public func decode(_ ids: [Int], skippingSpecialTokens: Bool) -> String {
    decoder.text(
      ids.compactMap { id in
        skippingSpecialTokens && isSpecial(id) ? nil : text(of: id)
      }
    )
  }

  /// The bytes of text that a token stands for; nil if there is no such token.
  func bytesOfText(_ id: Int) -> [UInt8]? {
    if let token = added[id] { return token.content }
    guard let bytes = own(id) else { return nil }
    if preTokenizer.isByteLevel { return ByteAlphabet.shared.bytes(of: bytes) ?? bytes }
    // `<0x0A>` is a byte, and a mark stands for a space.
    if bytes.count == 6, bytes.starts(with: Array("<0x".utf8)), bytes[5] == UInt8(ascii: ">"),
      let byte = UInt8(String(decoding: bytes[3..<5], as: UTF8.self), radix: 16)
    {
      return [byte]
    }
    let mark = Array("\u{2581}".utf8)
    var found: [UInt8] = []
    var place = 0
    while place < bytes.count {
      let isMark = bytes[place...].starts(with: mark)
      found.append(isMark ? 0x20 : bytes[place])
      place += isMark ? mark.count : 1
    }
    return found
  }

  private func text(of id: Int) -> [UInt8]? {
    added.text(of: id) ?? own(id)
  }

  /// The bytes of a token of the model itself.
  private func own(_ id: Int) -> [UInt8]? {
    model.vocabulary.contains(id) ? Array(model.vocabulary.bytes(of: id)) : nil
  }
}
