import BillhookEngine

/// The notes of a pass, in which the same may be noted of many projections: told once, with the first of
/// them and their number.
final class GatheredNotes {
  /// Something that the user should know.
  struct Note {
    /// What it is about; nil where the text says so.
    let subject: String?
    let text: String
  }

  private var notes: [Note] = []

  /// Takes over what was noted.
  func take(_ statistics: Statistics) { notes += statistics.takeNotes() }

  /// The notes, in the order in which each was first made.
  var texts: [String] {
    var subjects: [String: [String]] = [:]
    var order: [String] = []
    for note in notes {
      if subjects[note.text] == nil { order.append(note.text) }
      subjects[note.text, default: []] += note.subject.map { [$0] } ?? []
    }
    return order.map { text in
      guard let all = subjects[text], let first = all.first else { return text }
      let others = all.count == 1 ? "" : " and \(counted(all.count - 1, "other"))"
      return "\(first)\(others): \(text)"
    }
  }

  /// Tells the user, at the end of the pass.
  func tell(_ context: RunContext) {
    for text in texts { context.progress(.note(text)) }
    notes = []
  }
}
