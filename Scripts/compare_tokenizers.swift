import Foundation

/// Billhook's side of `compare_tokenizers.py`: compiled together with the tokenizer's sources.
///
/// The arguments are a `tokenizer.json`, a file with a JSON array of texts, a file to write, and how
/// often to measure. For each text four lists of 32-bit numbers are written, each after its length:
/// the ids without and with special tokens, and the UTF-8 of both ways to decode the latter.
@main
enum CompareTokenizers {
  static func main() throws {
    let arguments = CommandLine.arguments
    let tokenizer = try Tokenizer(contentsOf: arguments[1])
    let data = try Data(contentsOf: URL(fileURLWithPath: arguments[2]))
    let texts = (try JSON(parsing: data).array ?? []).compactMap(\.string)

    var output: [Int32] = []
    func append(_ numbers: some Collection<Int32>) {
      output.append(Int32(numbers.count))
      output += numbers
    }
    for text in texts {
      let ids = tokenizer.encode(text, addingSpecialTokens: true)
      append(tokenizer.encode(text, addingSpecialTokens: false).map(Int32.init))
      append(ids.map(Int32.init))
      append(tokenizer.decode(ids, skippingSpecialTokens: false).utf8.map(Int32.init))
      append(tokenizer.decode(ids, skippingSpecialTokens: true).utf8.map(Int32.init))
    }
    try output.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: arguments[3])) }

    let clock = ContinuousClock()
    var best = Double.infinity
    for _ in 0..<(Int(arguments[4]) ?? 1) {
      let duration = clock.measure {
        for text in texts { _ = tokenizer.encode(text, addingSpecialTokens: false) }
      }
      best = min(best, duration / .seconds(1))
    }
    print(best)
  }
}
