import BillhookCore
import TestSupport
import Testing

/// Random documents: an error with its place, or a value that is written and edited faithfully.
@Suite struct JSONFuzzTests {
  private static let seeds = [
    #"{"a": [1.5e+3, "x\ud83d\ude00\n"], "b": {"c": [true, null, {}]}, "é": "e\u0301"}"#,
    "{\n  \"n\": -0.0,\n\t\"k\" : [1,2 , 3],\r\n \"z\": {\"q\": [[[]]]}\n}\n",
    "[[1, 2], {\"k\": \"v\"}, \"\\u00e9\\\\\\\"\", 9223372036854775808, 1e400, -1]",
    #"{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,"k10":1,"k11":2}"#,
    "{}", " \"text\" ", "{ \n }",
  ].map { Array($0.utf8) }

  private static let pieces = [
    "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u", "\\ud83d", "\\ude00", "\\u0000", "e", "E+",
    "-", ".", "0", "1e99999999999", "true", "null", "\n", "\r\n", "\t", "\u{0}", "\u{7F}", "é",
    "e\u{301}", "\u{FEFF}", "\"a\":1,", "[[[[[[[[", "]]]]]]]]", "{\"a\":",
  ]

  @Test func json() throws {
    let result = try Fuzzing.run("json", inputs: 4000) { random in
      var bytes = Self.seeds.randomElement(using: &random) ?? []
      if random.isOne(of: 400) { bytes = Array(String(repeating: "[{\"\":", count: 400).utf8) }
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        Mutation.bytes(&bytes, pieces: Self.pieces, &random)
      }
      return try read(bytes, &random)
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }

  private func read(_ bytes: [UInt8], _ random: inout SplitMix64) throws -> Fuzzing.Outcome {
    let value = Result { () throws(JSONError) in try JSON(parsing: bytes) }
    let text = Result { () throws(JSONError) in try JSONText(bytes) }
    switch (value, text) {
    case (.failure(let error), .failure):
      let isPlace = (0...bytes.count).contains(error.offset) && error.line > 0 && error.column > 0
      try Fault.unless(isPlace, "a place outside of the text: \(error)")
      return .refused
    case (.success(let json), .failure):
      try Fault.unless(json.members == nil, "no text of an object")
      try write(json, &random)
    case (.success(let json), .success(let text)):
      try Fault.unless(json.members != nil && text.bytes == bytes, "the text was changed")
      try write(json, &random)
      try edit(text, json, &random)
    case (.failure, .success): throw Fault("a text that is no JSON")
    }
    return .accepted
  }

  private func write(_ json: JSON, _ random: inout SplitMix64) throws {
    let text = json.text(indent: [nil, 0, 2].randomElement(using: &random) ?? nil)
    try Fault.unless(try JSON(parsing: text.utf8) == json, "written as \(text)")
    visit(json)
  }

  private func visit(_ json: JSON) {
    _ = (json.int, json.double)
    for element in json.array ?? [] { visit(element) }
    for member in json.members ?? [] { visit(member.value) }
  }

  private func edit(_ text: JSONText, _ json: JSON, _ random: inout SplitMix64) throws {
    var (text, members) = (text, json.members ?? [])
    for _ in 0..<3 {
      let key = random.isOne(of: 3) ? "new\n\"" : members.randomElement(using: &random)?.key ?? "a"
      let place = members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
      if random.isOne(of: 3) {
        text.remove(key)
        if let place { members.remove(at: place) }
      } else {
        let value: JSON =
          [1, [:], "\u{1}", ["a": [2, 3]], []].randomElement(using: &random) ?? nil
        text.set(key, to: value)
        let member = JSON.Member(key: key, value: value)
        if let place { members[place] = member } else { members.append(member) }
      }
      let found = try JSON(parsing: text.bytes)
      try Fault.unless(found == .object(members), "edited: \(found.text(indent: nil))")
    }
  }
}
