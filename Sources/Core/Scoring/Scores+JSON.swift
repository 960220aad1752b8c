import BillhookFiles

extension Scores {
  /// A number for each unit, by the unit's; JSON has none for infinity.
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
