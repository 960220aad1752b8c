import BillhookCore

extension Metric {
  /// The metric as reports and stages keep it; all of its numbers are finite.
  var json: JSON {
    var members = [
      JSON.Member(key: "name", value: .string(name)),
      JSON.Member(key: "value", value: Self.json(value)),
    ]
    if let quartiles {
      let bounds = [quartiles.lowerBound, quartiles.upperBound].map(Self.json)
      members.append(JSON.Member(key: "quartiles", value: .array(bounds)))
    }
    if let error {
      members.append(JSON.Member(key: "error", value: Self.json(error)))
    }
    members.append(JSON.Member(key: "protocol", value: .string(protocolNote)))
    return .object(members)
  }

  /// Reads a metric; nil when the value is not one.
  init?(_ json: JSON) {
    guard let name = json["name"]?.string, let note = json["protocol"]?.string,
      let value = json["value"]?.double
    else { return nil }
    var quartiles: ClosedRange<Double>?
    if let bounds = json["quartiles"]?.array {
      let numbers = bounds.compactMap(\.double)
      guard bounds.count == 2, numbers.count == 2, numbers[0] <= numbers[1] else { return nil }
      quartiles = numbers[0]...numbers[1]
    }
    self.init(
      name: name,
      value: value,
      quartiles: quartiles,
      error: json["error"]?.double,
      protocolNote: note
    )
  }

  /// The metric under another name.
  func named(_ name: String) -> Metric {
    Metric(
      name: name,
      value: value,
      quartiles: quartiles,
      error: error,
      protocolNote: protocolNote
    )
  }

  private static func json(_ value: Double) -> JSON {
    JSONNumber(value).map(JSON.number) ?? .null
  }
}
