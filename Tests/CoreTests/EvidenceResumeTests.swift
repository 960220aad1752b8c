import BillhookFiles
import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Synchronization
import Testing
import TestSupport

/// Gathering evidence that was stopped anywhere goes on there, to the same bits.
@Suite struct EvidenceResumeTests {
  /// A criterion of each site, and one of two sites.
  static let names = [
    "ppl", "mixed taylor", "sum_abs taylor", "wanda_sp", "influence", "angles", "two",
  ]

  private static func criterion(_ name: String) -> (any Criterion, [any PruningUnit]) {
    switch name {
    case "ppl": return (RemovalPerplexity(), [Block(), AttentionSublayer(), MLPSublayer()])
    case "mixed taylor":
      var taylor = Taylor()
      taylor.order = .mixed
      return (taylor, [Block(), MLPChannel()])
    case "sum_abs taylor":
      var taylor = Taylor()
      taylor.aggregate = .sumAbs
      return (taylor, [AttentionHead()])
    case "wanda_sp": return (WandaSp(), [AttentionHead(), MLPChannel()])
    case "influence": return (BlockInfluence(), [Block(), MLPSublayer()])
    case "angles": return (AngularDistance(), [Block()])
    default: return (EvidencePassTests.SlopeTimesNorm(), [AttentionHead(), MLPChannel()])
    }
  }

  /// What a run tells and is asked.
  private final class Heard: Sendable {
    let polls = Mutex(0)
    let notes = Mutex<[String]>([])

    func context(isCancelled: @escaping @Sendable (Int) -> Bool = { _ in false }) -> RunContext {
      var context = RunContext(
        scratch: "",
        progress: { event in
          if case .note(let note) = event { self.notes.withLock { $0.append(note) } }
        },
        isCancelled: {
          isCancelled(
            self.polls.withLock { polls in
              polls += 1
              return polls
            }
          )
        }
      )
      context.tokensAtOnce = 12
      return context
    }
  }

  private func scores(
    _ name: String,
    _ golden: Golden,
    _ context: RunContext,
    in folder: PassFolder?
  ) throws -> [UInt64] {
    let (criterion, units) = Self.criterion(name)
    var scoring = Scoring(golden.model, units, context)
    scoring.folder = folder
    let measured = try scoring.measure(for: criterion, on: golden.tokens)
    let scores = try scoring.scores(by: criterion, from: measured)
    return scores.flatMap { scores -> [UInt64] in
      let spans = (scores.spans?.rows ?? []).flatMap { $0 }
      return (scores.values + spans + [scores.whole ?? 0]).map(\.bitPattern)
    }
  }

  @Test(arguments: names)
  func stoppedAnywhereItGoesOnToTheSameBits(name: String) throws {
    let golden = try Golden("llama-gqa")
    let whole = Heard()
    let expected = try scores(name, golden, whole.context(), in: nil)
    let count = whole.polls.withLock { $0 }
    #expect(count > 20)
    var wentOn = 0
    for moment in stride(from: 1, to: count, by: max(1, count / 13)) {
      try Fixture.withFolder { (folder: String) throws -> Void in
        let place = PassFolder("\(folder)/key")
        #expect(throws: Cancelled.self) {
          _ = try scores(name, golden, Heard().context { $0 >= moment }, in: place)
        }
        let second = Heard()
        #expect(try scores(name, golden, second.context(), in: place) == expected)
        let isSaid = second.notes.withLock { $0.contains { $0.hasPrefix("goes on where") } }
        let isSooner = second.polls.withLock { $0 } < count
        #expect(isSaid == isSooner, "stopped at \(moment) of \(count)")
        if isSaid { wentOn += 1 }
      }
    }
    // The forward pass before gradients is done again.
    #expect(wentOn > (name.contains("taylor") ? 1 : 6))
  }

  /// What a kill leaves, whenever it comes: files as they are at that moment.
  @Test(arguments: ["ppl", "mixed taylor", "wanda_sp", "influence", "angles", "two"])
  func killedAnywhereItGoesOnToTheSameBits(name: String) throws {
    let golden = try Golden("qwen2")
    try Fixture.withFolder { folder in
      let expected = try scores(name, golden, Heard().context(), in: nil)
      let place = PassFolder("\(folder)/run/key", interval: .zero)
      let context = Heard().context { poll in
        guard poll.isMultiple(of: 11) else { return false }
        let names = (try? FileSystem.names(in: place.path)) ?? []
        for file in names {
          let bytes = (try? FileSystem.read("\(place.path)/\(file)")) ?? []
          try? FileSystem.makeDirectory("\(folder)/\(poll)/key")
          try? FileSystem.write(bytes, to: "\(folder)/\(poll)/key/\(file)")
        }
        return false
      }
      #expect(try scores(name, golden, context, in: place) == expected)
      let moments = try FileSystem.names(in: folder).filter { $0 != "run" }
      #expect(moments.count > 1)
      for moment in moments {
        let heard = Heard()
        let kept = PassFolder("\(folder)/\(moment)/key")
        #expect(try scores(name, golden, heard.context(), in: kept) == expected)
        #expect(heard.notes.withLock { $0.contains { $0.hasPrefix("goes on where") } })
      }
    }
  }

  @Test(arguments: ["ppl", "mixed taylor", "wanda_sp", "angles", "two"])
  func whatIsDamagedOrForeignIsSaidAndGatheredAgain(name: String) throws {
    let golden = try Golden("llama-gqa")
    let expected = try scores(name, golden, Heard().context(), in: nil)
    try Fixture.withFolder { folder in
      let place = PassFolder("\(folder)/key", interval: .zero)
      _ = try scores(name, golden, Heard().context(), in: place)
      let whole = try FileSystem.names(in: place.path).map { file in
        (file, try FileSystem.read("\(place.path)/\(file)"))
      }
      #expect(!whole.isEmpty)
      func damaged(in key: String, _ change: (inout [UInt8]) -> Void) throws -> [String] {
        for (file, bytes) in whole {
          var bytes = bytes
          change(&bytes)
          try FileSystem.makeDirectory("\(folder)/\(key)")
          try FileSystem.write(bytes, to: "\(folder)/\(key)/\(file)")
        }
        let heard = Heard()
        let found = try scores(name, golden, heard.context(), in: PassFolder("\(folder)/\(key)"))
        #expect(found == expected)
        return heard.notes.withLock { $0 }
      }
      // As it was it is used.
      #expect(try damaged(in: "key") { _ in }.allSatisfy { $0.hasPrefix("goes on where") })
      let changes: [(inout [UInt8]) -> Void] = [
        { $0[$0.count - 1] ^= 1 }, { $0[$0.count / 2] ^= 64 }, { $0[20] ^= 1 },
        { $0.removeLast(9) }, { $0 = [] },
      ]
      for change in changes {
        let notes = try damaged(in: "key", change)
        #expect(notes.count == whole.count, "\(notes)")
        #expect(notes.allSatisfy { $0.contains("is not used, and the pass begins anew") })
      }
      // A whole file under another key is another pass's.
      let foreign = try damaged(in: "other") { _ in }
      #expect(foreign.allSatisfy { $0.contains("is not used") } && !foreign.isEmpty)
    }
  }

  /// The same name, but tensors that this pass has not.
  @Test func tensorsOfAnotherPassAreNotTaken() throws {
    try Fixture.withFolder { (folder: String) throws -> Void in
      let place = PassFolder("\(folder)/key")
      let small = try Golden("llama-gqa")
      #expect(throws: Cancelled.self) {
        _ = try scores("influence", small, Heard().context { $0 >= 30 }, in: place)
      }
      let other = try Golden("phi3")
      let expected = try scores("influence", other, Heard().context(), in: nil)
      let heard = Heard()
      let fewer = TokenSet(Array(other.tokens.windows.prefix(2)), note: "fewer")
      var scoring = Scoring(other.model, [Block()], heard.context())
      scoring.folder = place
      let measured = try scoring.measure(for: BlockInfluence(), on: fewer)
      let found = try scoring.scores(by: BlockInfluence(), from: measured)[0].values
      #expect(heard.notes.withLock { $0.contains { $0.contains("holds another pass") } })
      #expect(found.map(\.bitPattern) != Array(expected.prefix(found.count)))
    }
  }
}
