@testable import BillhookEngine
import BillhookFiles
import BillhookModels
import BillhookTorch
import Synchronization
import Foundation
import TestSupport
import Testing

/// What a model predicts, in files.
@Suite struct GatheredPredictionsTests {
  private func files(in folder: String) throws -> [[UInt8]] {
    try StoredPredictions.fileNames.map { try FileSystem.read("\(folder)/\($0)") }
  }

  /// A context that is told to stop after some calls.
  private func context(stoppingAfter calls: Int) -> RunContext {
    let count = Mutex(0)
    var context = RunContext(
      scratch: "",
      isCancelled: {
        count.withLock {
          $0 += 1
          return $0 > calls
        }
      }
    )
    context.tokensAtOnce = 20
    return context
  }

  /// Wherever it is stopped, in one pass or between several, it goes on to the same bytes.
  @Test(arguments: [(4, 1 << 16), (nil, 1 << 16), (4, 20)] as [(Int?, Int)])
  func goesOnToTheSameBytes(kept: Int?, atOnce: Int) throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      func gather(_ place: String, stoppingAfter calls: Int = .max) throws {
        _ = try Traversal(golden.model, context(stoppingAfter: calls)).gatherPredictions(
          on: golden.tokens,
          keeping: kept,
          in: "\(folder)/\(place)",
          interval: .zero,
          ofAtMost: atOnce
        )
      }
      try gather("whole")
      let expected = try files(in: "\(folder)/whole")
      var stopped = 0
      for calls in stride(from: 1, through: 200, by: 7) {
        do {
          try gather("stopped \(calls)", stoppingAfter: calls)
        } catch is Cancelled {
          stopped += 1
        }
        // Once more in the middle of what is left.
        do {
          try gather("stopped \(calls)", stoppingAfter: 9)
        } catch is Cancelled {}
        try gather("stopped \(calls)")
        #expect(try files(in: "\(folder)/stopped \(calls)") == expected)
      }
      #expect(stopped > 3)
    }
  }

  /// Several passes gather what one does, each window in its place, and leave only what is kept.
  @Test func passesFollowOneAnother() throws {
    let golden = try Golden("llama-gqa")
    let passes = PredictionPasses(over: golden.tokens, ofAtMost: 20)
    #expect(passes.count > 1)
    #expect((0..<passes.count).flatMap { passes[$0].tokens.windows } == golden.tokens.windows)
    try Fixture.withFolder { folder in
      func gather(_ place: String, ofAtMost atOnce: Int) throws -> StoredPredictions {
        try Traversal(golden.model, .testing()).gatherPredictions(
          on: golden.tokens,
          keeping: 4,
          in: "\(folder)/\(place)",
          ofAtMost: atOnce
        )
      }
      let all = 0..<golden.tokens.targetCount
      let one = try gather("one", ofAtMost: .max).predictions(at: all)
      let several = try gather("several", ofAtMost: 20).predictions(at: all)
      #expect(try several.tokens?.integers() == one.tokens?.integers())
      let pairs = try zip(several.targets.doubles(), one.targets.doubles())
      #expect(pairs.allSatisfy { abs($0 - $1) < 1e-5 })
      let left = try FileSystem.names(in: "\(folder)/several")
      #expect(Set(left) == Set(StoredPredictions.fileNames + ["passes.safetensors"]))
    }
  }

  /// What finished passes wrote is lost: all of it is gathered again.
  @Test func lostPassesAreGatheredAgain() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      func gather(_ place: String, stoppingAfter calls: Int = .max) throws {
        _ = try Traversal(golden.model, context(stoppingAfter: calls)).gatherPredictions(
          on: golden.tokens,
          keeping: 4,
          in: "\(folder)/\(place)",
          ofAtMost: 20
        )
      }
      try gather("whole")
      for calls in 1...1000 {
        do { try gather("stopped", stoppingAfter: calls) } catch is Cancelled {}
        if FileSystem.exists("\(folder)/stopped/passes.safetensors") { break }
      }
      for name in StoredPredictions.fileNames {
        try FileSystem.remove("\(folder)/stopped/\(name)")
      }
      try gather("stopped")
      #expect(try files(in: "\(folder)/stopped") == files(in: "\(folder)/whole"))
    }
  }

  /// A file that lost rows since the pass was stopped is not continued, and the pass begins anew.
  @Test func lostRowsAreGatheredAgain() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      func gather(_ place: String, stoppingAfter calls: Int = .max) throws {
        _ = try Traversal(golden.model, context(stoppingAfter: calls)).gatherPredictions(
          on: golden.tokens,
          keeping: 4,
          in: "\(folder)/\(place)",
          interval: .zero
        )
      }
      try gather("whole")
      let expected = try files(in: "\(folder)/whole")
      var shortened = 0
      for calls in 1...200 {
        let place = "stopped \(calls)"
        do { try gather(place, stoppingAfter: calls) } catch is Cancelled {}
        let path = "\(folder)/\(place)/\(StoredPredictions.fileNames[1])"
        guard FileSystem.exists("\(folder)/\(place)/checkpoint.safetensors"),
          FileSystem.exists(path)
        else { continue }
        let bytes = try FileSystem.read(path)
        guard bytes.count < expected[1].count else { break }
        try FileSystem.write(Array(bytes.dropLast(8)), to: path)
        shortened += 1
        try gather(place)
        #expect(try files(in: "\(folder)/\(place)") == expected)
      }
      #expect(shortened > 0)
    }
  }

  /// Each position holds the likeliest tokens of the model's own logits, in order.
  @Test func holdsTheLikeliestTokens() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      let traversal = Traversal(golden.model, .testing())
      let stored = try traversal.gatherPredictions(
        on: golden.tokens,
        keeping: 3,
        in: "\(folder)/predictions"
      )
      #expect(stored.shape.count == golden.tokens.targetCount)
      let window = golden.tokens.windows[0]
      let logits = try traversal.logits(of: [window.tokens]).to(.float64).logSoftmax(-1)
      let vocabulary = golden.model.configuration.vocabularySize
      let all = try logits.reshaped([-1, vocabulary]).doubles()
      let found = try stored.predictions(at: 0..<window.targetCount)
      let tokens = try #require(found.tokens).integers()
      let rest = try #require(found.rest).doubles()
      let targets = try found.targets.doubles()
      let top = try found.top.integers()
      for row in 0..<window.targetCount {
        let place = window.firstTarget - 1 + row
        let own = Array(all[place * vocabulary..<(place + 1) * vocabulary])
        let order = own.indices.sorted { own[$0] > own[$1] }
        #expect(Array(tokens[3 * row..<3 * row + 3]) == Array(order.prefix(3)))
        #expect(top[row] == order[0])
        let others = order.dropFirst(3).reduce(0) { $0 + exp(own[$1]) }
        #expect(abs(rest[row] - log(others)) < 1e-5)
        #expect(abs(targets[row] - own[window.tokens[place + 1]]) < 1e-5)
      }
    }
  }

  @Test func keepsAllOfSmallVocabularies() {
    #expect(StoredPredictions.Shape(count: 1, vocabulary: 40, keeping: 64).kept == nil)
    #expect(StoredPredictions.Shape(count: 1, vocabulary: 40, keeping: 40).kept == nil)
    #expect(StoredPredictions.Shape(count: 1, vocabulary: 40, keeping: 39).kept == 39)
    // 64 tokens and the first of equals in int32; 64 and two more numbers in f32.
    let shape = StoredPredictions.Shape(count: 1000, vocabulary: 50_000, keeping: 64)
    #expect(shape.byteCount == 1000 * 4 * (65 + 66))
  }

  @Test func refusesFilesOfAnotherShape() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      let stored = try Traversal(golden.model, .testing()).gatherPredictions(
        on: golden.tokens,
        keeping: 3,
        in: folder
      )
      let other = StoredPredictions.Shape(
        count: stored.shape.count,
        vocabulary: stored.shape.vocabulary,
        keeping: 4
      )
      #expect(throws: FileError.self) { try StoredPredictions(in: folder, other) }
      #expect(throws: FileError.self) { try StoredPredictions(in: "\(folder)/none", other) }
    }
  }

  /// A distribution without anything to predict is an error.
  @Test func refusesWindowsWithoutTargets() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      _ = #expect(throws: DataError.self) {
        try Traversal(golden.model, .testing()).gatherPredictions(
          on: TokenSet([TokenWindow([1])], note: ""),
          keeping: 3,
          in: folder
        )
      }
    }
  }
}
