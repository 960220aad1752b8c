import BillhookModels

extension Metric {
  /// The metric as reports and stages keep it; JSON has no number for what is none.
  var json: JSON {
    [
      "name": .string(name),
      "value": JSONNumber(value).map(JSON.number) ?? .string("\(value)"),
      "protocol": .string(protocolNote),
    ]
  }

  /// Reads a metric; nil when it is none.
  init?(_ json: JSON) {
    guard let name = json["name"]?.string, let note = json["protocol"]?.string,
      let value = json["value"]?.double ?? json["value"]?.string.flatMap(Double.init)
    else { return nil }
    self.init(name: name, value: value, protocolNote: note)
  }
}
