import BillhookFiles

extension Scores {
  /// The score of each unit, by the unit's number; JSON has no number for infinity, so it is a
  /// string.
  package var json: JSON {
    .object(
      zip(units, values).map { unit, value in
        JSON.Member(
          key: "\(unit.number)",
          value: JSONNumber(value).map(JSON.number) ?? .string("infinity")
        )
      }
    )
  }
}
