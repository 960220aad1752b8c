import BillhookCore

extension TaskDescription {
  /// MMLU: questions of 57 subjects with four answers, of which the letter is to be said, after five
  /// examples of the same subject.
  ///
  /// Source: Hendrycks et al., 2020, arXiv 2009.03300; lm-eval 0.4.13, `mmlu`. A file of comma-separated
  /// values, as the authors' archive has them, is of the subject that its name begins with.
  static let mmlu = TaskDescription(
    query: """
      {question|stripped}
      A. {choices.0}
      B. {choices.1}
      C. {choices.2}
      D. {choices.3}
      Answer:
      """,
    answers: .templates(["A", "B", "C", "D"]),
    gold: .label("answer", among: .fixed(["A", "B", "C", "D"])),
    introduction:
      "The following are multiple choice questions (with answers) about {subject|spaced}.\n\n",
    shots: 5,
    groups: { (row) throws(DataError) in
      let subject = try row.text("subject")
      guard let group = MMLUSubjects.groups.first(where: { $0.subjects.contains(subject) }) else {
        throw row.failure("`\(subject.shown(atMost: 60))` is none of the 57 subjects of MMLU")
      }
      return [group.name, subject]
    },
    rowsOfTable: { try MMLUSubjects.rows(of: $0) }
  )
}

/// The subjects of MMLU, and their files.
enum MMLUSubjects {
  /// The four groups, as the authors have them.
  static let groups: [(name: String, subjects: [String])] = [
    (
      "stem",
      [
        "abstract_algebra", "anatomy", "astronomy", "college_biology", "college_chemistry",
        "college_computer_science", "college_mathematics", "college_physics", "computer_security",
        "conceptual_physics", "electrical_engineering", "elementary_mathematics",
        "high_school_biology", "high_school_chemistry", "high_school_computer_science",
        "high_school_mathematics", "high_school_physics", "high_school_statistics",
        "machine_learning",
      ]
    ),
    (
      "humanities",
      [
        "formal_logic", "high_school_european_history", "high_school_us_history",
        "high_school_world_history", "international_law", "jurisprudence", "logical_fallacies",
        "moral_disputes", "moral_scenarios", "philosophy", "prehistory", "professional_law",
        "world_religions",
      ]
    ),
    (
      "social_sciences",
      [
        "econometrics", "high_school_geography", "high_school_government_and_politics",
        "high_school_macroeconomics", "high_school_microeconomics", "high_school_psychology",
        "human_sexuality", "professional_psychology", "public_relations", "security_studies",
        "sociology", "us_foreign_policy",
      ]
    ),
    (
      "other",
      [
        "business_ethics", "clinical_knowledge", "college_medicine", "global_facts", "human_aging",
        "management", "marketing", "medical_genetics", "miscellaneous", "nutrition",
        "professional_accounting", "professional_medicine", "virology",
      ]
    ),
  ]

  /// The rows of a file of comma-separated values: question, four answers, letter.
  static func rows(of path: String) throws -> [TaskRow] {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let subject = groups.flatMap(\.subjects).filter(name.hasPrefix).max { $0.count < $1.count }
    guard let subject else {
      throw DataError("\(path): expected a file whose name begins with a subject of MMLU")
    }
    return try CommaSeparated.records(path).map { record in
      guard record.cells.count == 6 else {
        throw DataError(
          "\(path): line \(record.line): expected question, four answers and letter, found "
            + counted(record.cells.count, "value")
        )
      }
      let cells = record.cells.map(JSON.string)
      let value: JSON = [
        "question": cells[0], "subject": .string(subject), "choices": .array(Array(cells[1...4])),
        "answer": cells[5],
      ]
      return TaskRow(value: value, line: record.line, path: path)
    }
  }
}
