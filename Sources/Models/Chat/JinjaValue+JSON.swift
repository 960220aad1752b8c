import BillhookFiles
import BillhookJinja

extension JinjaValue {
  /// The value that Python reads from JSON: whole numbers only where they are written so.
  init(_ json: JSON) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .number(let number):
      let isWhole = number.text.utf8.allSatisfy { !".eE".utf8.contains($0) }
      if isWhole, let whole = number.int {
        self = .integer(whole)
      } else {
        self = .float(Double(number.text) ?? 0)
      }
    case .string(let text): self = .string(text)
    case .array(let values): self = .list(values.map(JinjaValue.init))
    case .object(let members):
      self = .dictionary(members.map { ($0.key, JinjaValue($0.value)) })
    }
  }
}
