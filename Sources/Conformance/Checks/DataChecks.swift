import BillhookCore

extension Trial {
  /// Reads the documents twice.
  func check(_ source: any DataSource, _ verdict: inout Verdict) {
    _ = verdict.answer("its check") { try source.check() }
    guard let documents = verdict.answer("its documents", { try source.documents() }) else {
      return
    }
    let again = verdict.answer("its documents") { try source.documents() }
    verdict.require(again == documents, .deterministic, "its documents differ when read again")
    verdict.require(!documents.isEmpty, .finite, "it has no documents")
    let isText = documents.contains { if case .tokens = $0 { false } else { true } }
    let yieldsText = type(of: source).yieldsText
    verdict.require(
      isText == yieldsText || documents.isEmpty,
      .declared,
      "`yieldsText` is \(yieldsText), but its documents are \(isText ? "text" : "token ids")"
    )
    for (number, document) in documents.enumerated() {
      guard let fault = document.fault else { continue }
      verdict.note(.finite, "document \(number) \(fault)")
    }
  }
}

extension Document {
  /// Why no window can be made of the document; nil where one can.
  fileprivate var fault: String? {
    switch self {
    case .text(let text): text.isEmpty ? "is empty" : nil
    case .exchange(_, let answer, _): answer.isEmpty ? "has no answer" : nil
    case .tokens(let tokens, let firstTarget):
      if let wrong = tokens.first(where: { $0 < 0 }) {
        "holds the token id \(wrong)"
      } else if firstTarget < 1 || firstTarget >= tokens.count {
        "has \(tokens.count) tokens, of which none is predicted from position \(firstTarget) on"
      } else {
        nil
      }
    }
  }
}
