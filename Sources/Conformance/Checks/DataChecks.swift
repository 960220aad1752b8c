import BillhookCore

extension Trial {
  /// Reads the documents twice.
  func check(_ source: any DataSource, _ verdict: inout Verdict) {
    _ = verdict.answer("its check") { try source.check() }
    if let task = source as? any TaskSource { return check(task, &verdict) }
    if let mixed = source as? any MixedSource { return check(mixed, &verdict) }
    guard let documents = verdict.answer("its documents", { try source.documents() }) else {
      return
    }
    let again = verdict.answer("its documents") { try source.documents() }
    verdict.require(again == documents, .deterministic, "its documents differ when read again")
    verdict.require(!documents.isEmpty, .finite, "it has no documents")
    let isText = documents.contains(where: \.isText)
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

extension Trial {
  /// Reads the questions twice.
  private func check(_ task: any TaskSource, _ verdict: inout Verdict) {
    guard let questions = verdict.answer("its questions", { try task.questions() }) else { return }
    let again = verdict.answer("its questions") { try task.questions() }
    verdict.require(again == questions, .deterministic, "its questions differ when read again")
    verdict.require(!questions.isEmpty, .finite, "it has no questions")
    for question in questions {
      guard let fault = question.fault(as: task.form) else { continue }
      verdict.note(.declared, "the question of line \(question.line) \(fault)")
    }
  }
}

extension Trial {
  /// Draws from the trial's tokens twice.
  private func check(_ mixed: any MixedSource, _ verdict: inout Verdict) {
    let shares = mixed.mixture.shares
    verdict.require(
      shares.count == mixed.parts.count,
      .declared,
      "it has \(shares.count) shares for \(mixed.parts.count) data sets"
    )
    verdict.require(
      abs(shares.reduce(0, +) - 1) < 1e-9 && shares.allSatisfy { $0 >= 0 },
      .finite,
      "its shares are \(shares), which do not add up to 1"
    )
    guard shares.count == mixed.parts.count else { return }
    let sets = shares.map { _ in tokens }
    let names = mixed.parts.map(\.name)
    let drawn = verdict.answer("its windows") { try mixed.mixture.drawn(from: sets, named: names) }
    let again = verdict.answer("its windows") { try mixed.mixture.drawn(from: sets, named: names) }
    verdict.require(drawn == again, .deterministic, "its windows differ when drawn again")
  }
}

extension Question {
  /// Why the question cannot be asked in a form; nil where it can.
  fileprivate func fault(as form: DataForm) -> String? {
    switch (self.form, form) {
    case (.choice(let answers, let gold), .choices):
      answers.indices.contains(gold) ? nil : "has no answer \(gold), which is to be the right one"
    case (.text, .answers): nil
    default: "is not answered as its `form` says"
    }
  }
}

extension Document {
  /// Why no window can be made of the document; nil where one can.
  fileprivate var fault: String? {
    switch self {
    case .text(let text): text.isEmpty ? "is empty" : nil
    case .exchange(_, let answer, _): answer.isEmpty ? "has no answer" : nil
    case .conversation(let conversation):
      conversation.messages.isEmpty ? "has no message" : nil
    case .window(let window):
      if let wrong = window.tokens.first(where: { $0 < 0 }) {
        "holds the token id \(wrong)"
      } else {
        window.targetCount == 0 ? "counts none of its tokens" : nil
      }
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
