@testable import BillhookTokenizer
import BillhookModels
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline
@testable import BillhookPlugins
import Foundation
import Synchronization
import Testing
import TestSupport

/// What is no pass over a model can be stopped as well, and tells how far it is.
@Suite struct StoppingTests {
  /// A context that is asked to stop after so many questions, and the questions that were asked.
  private func asked(
    stoppingAt limit: Int,
    progress: @escaping @Sendable (ProgressEvent) -> Void = { _ in },
    _ body: (RunContext) throws -> Void
  ) throws -> Int {
    let count = Atomic(0)
    try body(
      RunContext(
        scratch: "",
        progress: progress,
        isCancelled: { count.wrappingAdd(1, ordering: .relaxed).newValue > limit }
      )
    )
    return count.load(ordering: .relaxed)
  }

  @Test func savingStopsAtEachWeightAndLeavesNothing() throws {
    let model = try Golden("llama-gqa").model
    try Fixture.withFolder { folder in
      func save(_ context: RunContext) throws {
        let provenance = Provenance(
          recipe: "",
          source: "",
          removals: [],
          derivation: [],
          parameters: (0, 0)
        )
        _ = try Saving(format: HuggingFace(), context: context)
          .save(model, provenance, to: "\(folder)/out", overwrite: false)
      }
      let told = Mutex<[Double]>([])
      let all = try asked(
        stoppingAt: .max,
        progress: { event in
          guard case .advanced(let done, let count) = event else { return }
          told.withLock { $0.append(Double(done) / Double(count)) }
        },
        save
      )
      let shares = told.withLock { $0 }
      #expect(all >= 2 * model.configuration.allWeights.count)
      #expect(shares == shares.sorted() && shares.count >= all / 2)
      try FileSystem.remove("\(folder)/out")
      for limit in stride(from: 0, to: all, by: 7) {
        #expect(throws: Cancelled.self) { try asked(stoppingAt: limit, save) }
        #expect(try FileSystem.names(in: folder) == [])
      }
    }
  }

  @Test(arguments: [
    [String(repeating: "now and then ", count: 400_000)],
    Array(repeating: String(repeating: "here and there ", count: 1000), count: 400),
  ])
  func makingTokensStopsWithinATextAndAmongMany(texts: [String]) throws {
    let tokenizer = try Tokenizer(contentsOf: "\(Fixture.tinyModel)/tokenizer.json")
    func encode(_ context: RunContext) throws {
      let tokenizing = Tokenizing(texts.map(Document.text), by: tokenizer, context)
      try tokenizing.run("tokens") { for text in texts { _ = try tokenizing.encode(text) } }
    }
    let told = Mutex<[ProgressEvent]>([])
    let all = try asked(
      stoppingAt: .max,
      progress: { event in told.withLock { $0.append(event) } },
      encode
    )
    let events = told.withLock(\.self)
    #expect(events.first == .began(stage: "tokens"))
    let shares = events.compactMap { event -> Int? in
      if case .advanced(let done, 1000) = event { done } else { nil }
    }
    #expect(all >= 12 && shares.count == all && shares == shares.sorted())
    #expect((shares.last ?? 0) > 900)
    for limit in [0, all / 2, all - 1] {
      #expect(throws: Cancelled.self) { try asked(stoppingAt: limit, encode) }
    }
  }

  @Test func aHashStopsWithinAFile() throws {
    try Fixture.withFolder { folder in
      let path = "\(folder)/large"
      try FileSystem.write([1], to: path)
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      try file.truncate(atOffset: 3 << 24)
      try file.close()
      func hash(_ context: RunContext) throws {
        let hashes = FileHashes(in: folder, isWritable: false)
        hashes.listener = context
        _ = try hashes.hash(of: path)
      }
      let all = try asked(stoppingAt: .max, hash)
      #expect(all >= 3)
      for limit in 0..<all {
        #expect(throws: Cancelled.self) { try asked(stoppingAt: limit, hash) }
      }
    }
  }
}
