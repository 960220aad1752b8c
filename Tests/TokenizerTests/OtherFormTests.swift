import BillhookCore
import TestSupport
import Testing

/// A directory without `tokenizer.json` says what writes one.
@Suite struct OtherFormTests {
  @Test(arguments: [("tokenizer.model", true), ("vocab.json", true), ("notes.txt", false)])
  func theCommandIsSaid(name: String, isKnown: Bool) throws {
    try Fixture.withFolder { folder in
      try FileSystem.write([1], to: "\(folder)/\(name)")
      let path = "\(folder)/tokenizer.json"
      let error = #expect(throws: TokenizerError.self) { _ = try Tokenizer(contentsOf: path) }
      let command =
        "there is none, only \(name); transformers converts it: python3 -c 'from transformers import "
        + "AutoTokenizer as A; A.from_pretrained(\"\(folder)\").save_pretrained(\"\(folder)\")'"
      #expect((error?.problem == command) == isKnown, "\(error?.problem ?? "")")
      // A damaged one is no missing one.
      try FileSystem.write([1], to: path)
      let damaged = #expect(throws: TokenizerError.self) { _ = try Tokenizer(contentsOf: path) }
      #expect(damaged?.problem.contains("transformers") == false)
    }
  }
}
