import BillhookCore
import Foundation

/// A tokenizer file of the fixtures, to be used as it is or with changes.
struct TokenizerFixture {
  private(set) var json: JSON

  init(_ name: String) throws {
    json = try JSON(parsing: Self.data(name))
  }

  static func data(_ name: String) throws -> Data {
    try Data(contentsOf: url(name))
  }

  static func url(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent()
      .appending(path: "../Fixtures/tokenizers/\(name).json")
      .standardizedFileURL
  }

  mutating func set(_ path: [String], to value: JSON) {
    json = Self.replacing(json, path[...], by: value)
  }

  func tokenizer() throws -> Tokenizer {
    try Tokenizer(parsing: json.text().utf8, file: "tokenizer.json")
  }

  private static func replacing(_ json: JSON, _ path: ArraySlice<String>, by value: JSON) -> JSON {
    guard let key = path.first else { return value }
    var members = json.members ?? []
    let member = JSON.Member(
      key: key,
      value: replacing(json[key] ?? [:], path.dropFirst(), by: value)
    )
    if let index = members.firstIndex(where: { $0.key == key }) {
      members[index] = member
    } else {
      members.append(member)
    }
    return .object(members)
  }
}
