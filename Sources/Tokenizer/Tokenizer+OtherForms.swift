import BillhookFiles

extension Tokenizer {
  /// What to do where a `tokenizer.json` is missing and another form of the tokenizer is there; nil
  /// where it is there, or nothing is known to be done.
  static func otherForm(beside path: String) -> String? {
    guard !FileSystem.exists(path), FileSystem.target(ofLink: path) == nil else { return nil }
    let folder = FileSystem.parent(of: path)
    let forms = ["tokenizer.model", "vocab.json"]
    guard let found = forms.first(where: { FileSystem.exists("\(folder)/\($0)") }) else {
      return nil
    }
    let directory = JSON.string(folder).text(indent: nil)
    return "there is none, only \(found); transformers writes it: "
      + "python3 -c 'from transformers import AutoTokenizer as A; "
      + "A.from_pretrained(\(directory)).save_pretrained(\(directory))'"
  }
}
