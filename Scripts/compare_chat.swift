import Foundation

/// Billhook's side of `compare_chat.py`: compiled together with the sources of the template room.
///
/// The arguments are a file with a JSON array of cases and a file to write. A case has a `template`, and
/// a list of `variables`, each an object that is given to it. For each a line is written: a list of what
/// each gave, `{"text": …, "spans": …}` or `{"error": …}`.
@main
enum CompareChat {
  static func main() throws {
    let arguments = CommandLine.arguments
    let data = try Data(contentsOf: URL(fileURLWithPath: arguments[1]))
    guard let time = JinjaTime(year: 2026, month: 3, day: 4, hour: 15, minute: 6, second: 7) else { return }
    var lines = ""
    for one in try JSON(parsing: data).array ?? [] {
      var found: [JSON] = []
      do {
        let template = try JinjaTemplate(one["template"]?.string ?? "")
        for variables in one["variables"]?.array ?? [] {
          found.append(result(template, variables, time))
        }
      } catch {
        found = (one["variables"]?.array ?? []).map { _ in ["error": .string("template: \(error)")] }
      }
      lines += JSON.array(found).text(indent: nil) + "\n"
    }
    try Data(lines.utf8).write(to: URL(fileURLWithPath: arguments[2]))
  }

  private static func result(_ template: JinjaTemplate, _ variables: JSON, _ time: JinjaTime) -> JSON {
    let given = (variables.members ?? []).map { (name: $0.key, value: JinjaValue($0.value)) }
    do {
      let rendered = try template.render(given, time: time)
      let bytes = Array(rendered.text.utf8)
      func scalars(_ end: Int) -> JSON {
        .number(JSONNumber(String(decoding: bytes[..<end], as: UTF8.self).unicodeScalars.count))
      }
      let spans = (rendered.generated ?? []).map {
        JSON.array([scalars($0.lowerBound), scalars($0.upperBound)])
      }
      return ["text": .string(rendered.text), "spans": .array(spans)]
    } catch {
      return ["error": .string("\(error.kind): \(error)")]
    }
  }
}
