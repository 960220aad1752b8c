import BillhookFiles

extension Tokenizer {
  /// Advice for a directory without `tokenizer.json` that has the tokenizer in another form; nil
  /// where the file exists, or no advice is known.
  static func otherForm(beside path: String) -> String? {
    guard !FileSystem.exists(path), FileSystem.target(ofLink: path) == nil else { return nil }
    let folder = FileSystem.parent(of: path)
    let forms = ["tokenizer.model", "vocab.json"]
    guard let found = forms.first(where: { FileSystem.exists("\(folder)/\($0)") }) else {
      return nil
    }
    let directory = JSON.string(folder).text(indent: nil)
    return "there is none, only \(found); transformers converts it: "
      + "python3 -c 'from transformers import AutoTokenizer as A; "
      + "A.from_pretrained(\(directory)).save_pretrained(\(directory))'"
  }
}
