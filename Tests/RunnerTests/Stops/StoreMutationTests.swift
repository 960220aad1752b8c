import BillhookCore
import BillhookPipeline
import Foundation
import Testing
import TestSupport

/// Whatever is wrong with a file of the work folder, a run ends with the same results or with an
/// error, never with a trap, and the next run is not stuck.
///
/// `BILLHOOK_MUTATIONS` says how many files are changed, `BILLHOOK_MUTATION_SEED` in which way.
@Suite struct StoreMutationTests {
  private static let variables = ProcessInfo.processInfo.environment
  private static let mutations = variables["BILLHOOK_MUTATIONS"].flatMap { Int($0) } ?? 12
  private static let seed = variables["BILLHOOK_MUTATION_SEED"].flatMap { UInt64($0) } ?? 0

  private static let recipe = """
    evaluate perplexity on windows
    prune block on windows { by ppl, remove 1, keep first 1 }
    recover lora on windows {
      steps = 3, batch = 1, checkpoint = 1, held_out = 1, evaluate_every = 1, result = best
      adapter = "out/adapter"
    }
    recover cpt on windows { steps = 3, batch = 1, checkpoint = 1 }
    evaluate perplexity on windows
    save "out/model"
    """

  /// Counts by kind of file.
  private struct Count: CustomStringConvertible {
    var same = 0
    var refused = 0

    var description: String { "\(same) the same, \(refused) refused" }
  }

  @Test func whateverIsDamagedTheResultsAreTheSame() throws {
    try Fixture.withFolder { folder in
      let store = try Store(in: folder, recipe: Self.recipe)
      var counts: [String: Count] = [:]
      for number in 0..<Self.mutations {
        if number > 0, number.isMultiple(of: 50) { print("\(number) files were damaged") }
        var start = SplitMix64(seed: Self.seed)
        var random = SplitMix64(seed: start.next() &+ UInt64(number) &* 0xD1B5_4A32_D192_ED03)
        let change = try store.change(number, &random)
        let what = "BILLHOOK_MUTATION_SEED=\(Self.seed), number \(number): \(change.text)"

        let first = try store.run()
        try #require(!first.wasSignalled, "\(what): signal \(first.status)\n\(first.errors)")
        if first.status == 0 {
          try store.compare(what, first)
          counts[change.kind, default: Count()].same += 1
          guard random.isOne(of: 8) else { continue }
        } else {
          #expect(first.status == 3 && first.errors.contains("error"), "\(what): \(first.errors)")
          counts[change.kind, default: Count()].refused += 1
        }
        for command in [["check", store.recipe], ["report", "--work", store.work]]
        where random.isOne(of: 3) {
          let shown = try Billhook.run(command)
          try #require(!shown.wasSignalled, "\(what): \(command[0]) ended by \(shown.status)")
        }
        // Whoever was refused was told what to remove, or can simply start again.
        if first.status != 0, first.errors.contains(change.path) {
          try FileSystem.remove(change.path)
        }
        let second = try store.run()
        try #require(second.status == 0, "\(what): \(first.errors)\nand then \(second.errors)")
        try store.compare("\(what), second run", second)
      }
      for (kind, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(kind): \(count)") }
      #expect(counts.values.reduce(0) { $0 + $1.same + $1.refused } == Self.mutations)
    }
  }
}

/// A recipe's folder with what a run left in it, which is put back before each change: of a run that
/// ended, and of one that was killed in a training.
private struct Store {
  let folder: String
  let recipe: String
  private let expected: [String: String]
  private let metrics: [String]
  private let states: [String]

  /// The work folder.
  var work: String { "\(folder)/.billhook" }

  init(in folder: String, recipe text: String) throws {
    self.folder = folder
    recipe = try Billhook.recipe(text, in: folder)
    let work = "\(folder)/.billhook"
    states = ["\(folder)/ended", "\(folder)/killed"]
    let ended = try Billhook.run(["run", recipe])
    try #require(ended.status == 0, "\(ended.errors)")
    expected = try SavedFiles.hashes(in: "\(folder)/out")
    metrics = try Self.metrics(in: work)
    try #require(expected.count >= 5 && metrics.count == 2)
    try FileManager.default.copyItem(atPath: work, toPath: states[0])
    try FileSystem.remove("\(folder)/out")
    // The hashes of the program and the model are no part of what is computed again.
    for name in ["stages", "products"] { try FileSystem.remove("\(work)/\(name)") }
    func hasBegun() -> Bool {
      let trainings = (try? FileSystem.names(in: "\(work)/products")) ?? []
      return trainings.contains { name in
        ["checkpoint", "best"].allSatisfy {
          FileSystem.exists("\(work)/products/\(name)/\($0).safetensors")
        }
      }
    }
    _ = try Billhook.run(["run", recipe], sending: SIGKILL, when: hasBegun)
    try #require(hasBegun())
    try FileManager.default.copyItem(atPath: work, toPath: states[1])
  }

  func run() throws -> Billhook.Outcome { try Billhook.run(["run", recipe]) }

  /// What was measured, by the report of the newest run.
  private static func metrics(in work: String) throws -> [String] {
    let newest = try #require(try WorkFolder(lookingAt: work)?.runs().last)
    return try Report(ofRun: "\(work)/runs/\(newest.text)").rows.flatMap { row in
      row.metrics.map { "\(row.label), \(row.parameters): \($0.name) \($0.value)" }
    }
  }

  /// Compares what a run left with what an undisturbed one left.
  func compare(_ what: String, _ outcome: Billhook.Outcome) throws {
    #expect(
      try SavedFiles.hashes(in: "\(folder)/out") == expected,
      "\(what)\n\(outcome.errors)"
    )
    #expect(try Self.metrics(in: work) == metrics, "\(what)\n\(outcome.errors)")
  }

  /// What was done to which file.
  struct Change {
    let path: String
    let kind: String
    let text: String
  }

  /// Puts the work folder back, and changes one file in it.
  func change(_ number: Int, _ random: inout SplitMix64) throws -> Change {
    try FileSystem.remove("\(folder)/out")
    try FileSystem.remove(work)
    let state = states[random.isOne(of: 3) ? 1 : 0]
    try FileManager.default.copyItem(atPath: state, toPath: work)
    let files = Dictionary(grouping: try files(work), by: kind)
    let kinds = files.keys.sorted()
    let kind = kinds[number % kinds.count]
    let path = try #require(files[kind]?.sorted().randomElement(using: &random))
    let all = files.values.flatMap { $0 }.sorted()
    let other = try #require(all.randomElement(using: &random))
    let how = try Self.change(path, other, &random)
    return Change(path: path, kind: kind, text: "\(path.dropFirst(work.count + 1)) \(how)")
  }

  private func files(_ path: String) throws -> [String] {
    guard FileSystem.isDirectory(path) else { return [path] }
    return try FileSystem.names(in: path).flatMap { try files("\(path)/\($0)") }
  }

  /// The kind of a file: the folder and what the name says.
  private func kind(_ path: String) -> String {
    let parts = path.dropFirst(work.count + 1).split(separator: "/").map(String.init)
    switch parts[0] {
    case "stages":
      let text = (try? Fixture.text(path)) ?? ""
      return "stages/"
        + (["scores", "evaluate", "recover", "save"]
          .first { text.contains("\"stage\": \"\($0)\"") } ?? "other")
    case "products", "runs":
      return "\(parts[0])/" + (parts.last ?? "").prefix { $0 != "-" }
    default: return parts[0]
    }
  }

  private static let numbers = [
    "1e300", "-1e300", "1e999", "-1", "-0", "NaN", "nan", "9223372036854775807",
    "-9223372036854775808", "18446744073709551616", "0.1", "1e-300", "null", "\"1\"", "[]", "{}",
  ]

  /// Changes a file.
  ///
  /// - Returns: How, in words.
  private static func change(
    _ path: String,
    _ other: String,
    _ random: inout SplitMix64
  ) throws -> String {
    var bytes = try FileSystem.read(path)
    let mutation = Int.random(in: 0..<11, using: &random)
    let place = Int.random(in: 0...max(0, bytes.count - 1), using: &random)
    switch mutation {
    case 0, 1:
      guard !bytes.isEmpty else { break }
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try FileSystem.write(bytes, to: path)
      return "with a bit of byte \(place) changed"
    case 2:
      guard !bytes.isEmpty else { break }
      for index in place..<min(place + 8, bytes.count) {
        bytes[index] = .random(in: 0...255, using: &random)
      }
      try FileSystem.write(bytes, to: path)
      return "with random bytes at \(place)"
    case 3:
      try FileSystem.write(Array(bytes.prefix(place)), to: path)
      return "cut off at \(place)"
    case 4:
      try FileSystem.write([], to: path)
      return "emptied"
    case 5:
      try FileSystem.remove(path)
      return "removed"
    case 6:
      try FileSystem.write(FileSystem.read(other), to: path)
      return "replaced by \(other)"
    case 7:
      try FileSystem.remove(path)
      try FileSystem.makeDirectory(path)
      return "replaced by a directory"
    case 8:
      Mutation.bytes(&bytes, pieces: numbers, &random)
      try FileSystem.write(bytes, to: path)
      return "with some bytes changed"
    default:
      // Another number in the place of one: as text, or in the bytes of floating-point numbers.
      let texts = Self.numbers(in: bytes)
      if let range = texts.randomElement(using: &random), mutation == 9 || path.hasSuffix("json") {
        let new = numbers.randomElement(using: &random) ?? "-1"
        bytes.replaceSubrange(range, with: Array(new.utf8))
        try FileSystem.write(bytes, to: path)
        return "with \(new) in the place of a number at \(range.lowerBound)"
      }
      guard bytes.count >= 4 else { break }
      let start = min(place, bytes.count - 4)
      let floats: [Float] = [.nan, .infinity, -.infinity, 1e38, -1e38, 0]
      let value = (floats.randomElement(using: &random) ?? .nan).bitPattern.littleEndian
      bytes.replaceSubrange(start..<start + 4, with: withUnsafeBytes(of: value) { Array($0) })
      try FileSystem.write(bytes, to: path)
      return "with another number in the bytes at \(start)"
    }
    try FileSystem.write(bytes + [UInt8.random(in: 0...255, using: &random)], to: path)
    return "with a byte more"
  }

  /// Where numbers stand in the text of a file; of a large one, in its first and last bytes.
  private static func numbers(in bytes: [UInt8]) -> [Range<Int>] {
    let isPart = { (byte: UInt8) in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".")
    }
    var found: [Range<Int>] = []
    for part in [0..<min(bytes.count, 20_000), max(0, bytes.count - 2000)..<bytes.count] {
      var start: Int?
      for index in part {
        if isPart(bytes[index]) {
          start = start ?? index
        } else if let begin = start {
          found.append(begin..<index)
          start = nil
        }
      }
    }
    return found
  }
}
