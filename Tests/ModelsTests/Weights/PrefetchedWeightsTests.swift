import BillhookCore
import Foundation
import Synchronization
import Testing
import TestSupport

@testable import BillhookModels

/// Weights that are copied ahead: how often their source is asked, and what becomes of what nobody takes.
///
/// On the processor copies to another type are made by the same thread as those to a GPU.
@Suite struct PrefetchedWeightsTests {
  private static let all = 1 << 20

  /// A source of 256 numbers for each weight, of which some cannot be had at first.
  private final class Source: WeightSource {
    let asked = Mutex<[WeightID]>([])
    let failures: Mutex<Int>

    init(failing failures: Int = 0) { self.failures = Mutex(failures) }

    func stored(_ weight: WeightID) throws -> Tensor {
      asked.withLock { $0.append(weight) }
      let fails = failures.withLock { left in
        defer { left = max(0, left - 1) }
        return left > 0
      }
      if fails { throw FileError("source", "is not there yet") }
      return try Tensor.full([256], Double(weight.block ?? 0) + 1.0 / 3, dtype: .float32)
    }

    func storedType(_ weight: WeightID) -> DType { .float32 }
  }

  private let weights = (0..<3).map { block in
    [WeightRole.query, .key, .down].map { WeightID($0, block: block) }
  }

  private func prefetched(_ source: Source, in room: DeviceRoom) throws -> PrefetchedWeights {
    try #require(
      PrefetchedWeights(to: .cpu, as: .bfloat16, atMost: 3 * 512, within: room, over: source)
    )
  }

  private func lent(_ source: PrefetchedWeights, _ weight: WeightID) throws -> Tensor {
    try source.tensor(weight, dtype: .bfloat16, device: .cpu)
  }

  @Test func whatIsAskedForAheadIsMadeOnceAndGivenAwayOnce() throws {
    let source = Source()
    let prefetched = try prefetched(source, in: DeviceRoom(Self.all))
    prefetched.prefetch(weights[1])
    for weight in weights[1] {
      let plain = try source.tensor(weight, dtype: .bfloat16, device: .cpu)
      #expect(try lent(prefetched, weight).hasSameBytes(as: plain))
    }
    // Once ahead, and once by this test.
    #expect(source.asked.withLock { $0.count } == 6)
    _ = try lent(prefetched, weights[1][0])
    #expect(source.asked.withLock { $0.count } == 7)
  }

  @Test func otherWeightsAndTypesAreCopiedWhenTheyAreNeeded() throws {
    let source = Source()
    let prefetched = try prefetched(source, in: DeviceRoom(Self.all))
    prefetched.prefetch(weights[1])
    _ = try lent(prefetched, weights[0][0])
    #expect(try prefetched.tensor(weights[1][0], dtype: .float64, device: .cpu).dtype == .float64)
    _ = try lent(prefetched, weights[1][0])
    #expect(source.asked.withLock { $0.filter { $0 == weights[0][0] }.count } == 1)
    #expect(source.asked.withLock { $0.filter { $0 == weights[1][0] }.count } == 2)
  }

  @Test func whatIsNotItsOwnIsAskedForBelow() throws {
    let source = Source()
    let below = try prefetched(source, in: DeviceRoom(Self.all))
    let above = try #require(
      PrefetchedWeights(
        .some([weights[1][0]]),
        to: .cpu,
        as: .bfloat16,
        atMost: 512,
        within: DeviceRoom(Self.all),
        over: below
      )
    )
    above.prefetch(weights[1])
    for weight in weights[1] { _ = try lent(above, weight) }
    // Each is copied once, by one of the two.
    #expect(source.asked.withLock { Set($0) == Set(weights[1]) && $0.count == 3 })
  }

  @Test func othersAreAskedForInPlaceOfWhatNobodyTook() throws {
    let source = Source()
    let prefetched = try prefetched(source, in: DeviceRoom(Self.all))
    prefetched.prefetch(weights[0])
    prefetched.prefetch(weights[1])
    for weight in weights[1] { _ = try lent(prefetched, weight) }
    let before = source.asked.withLock { $0.count }
    #expect(before <= 6)
    // What was dropped is copied again.
    _ = try lent(prefetched, weights[0][2])
    #expect(source.asked.withLock { $0.count } == before + 1)
  }

  @Test func whatCannotBeCopiedAheadIsCopiedWhenItIsNeeded() throws {
    let source = Source(failing: 1)
    let prefetched = try prefetched(source, in: DeviceRoom(Self.all))
    prefetched.prefetch(weights[2])
    for weight in weights[2] {
      #expect(try lent(prefetched, weight).doubles().allSatisfy { $0 == 2.328125 })
    }
    // The first failed, so the rest were not begun.
    #expect(source.asked.withLock { $0.count } == 4)
  }

  @Test func itTakesTheRoomOfItsCopiesAsLongAsItIsThere() throws {
    let room = DeviceRoom(Self.all)
    var prefetched: PrefetchedWeights? = try prefetched(Source(), in: room)
    #expect(room.free == Self.all - 3 * 512)
    prefetched?.prefetch(weights[0])
    prefetched = nil
    #expect(room.free == Self.all)
    let none = PrefetchedWeights(
      to: .cpu,
      as: .bfloat16,
      atMost: 3 * 512,
      within: DeviceRoom(3 * 512 - 1),
      over: Source()
    )
    #expect(none == nil)
  }

  /// Only where not everything stays, a part of the room is for copies that are made ahead.
  @Test func aModelThatFitsNeedsNone() throws {
    let model = try Golden("llama-gqa").model
    let whole = 2 * model.parameterCount
    for (size, isPrefetched) in [(whole, false), (whole - 1, true)] {
      let room = DeviceRoom(size)
      let staying = model.staying(on: .cpu, in: .bfloat16, within: room)
      #expect((room.free < size) == isPrefetched)
      _ = staying
    }
  }

  /// A source that notes which weights the thread asks for that made it.
  private final class Watched: WeightLayer, Sendable {
    let base: any WeightSource
    let thread = ObjectIdentifier(Thread.current)
    let asked = Mutex<(here: [WeightID], elsewhere: [WeightID])>(([], []))

    init(_ base: any WeightSource) { self.base = base }

    func changes(_ weight: WeightID) -> Bool { true }

    func stored(_ weight: WeightID) throws -> Tensor {
      let isHere = ObjectIdentifier(Thread.current) == thread
      asked.withLock { isHere ? $0.here.append(weight) : $0.elsewhere.append(weight) }
      return try base.stored(weight)
    }
  }

  @Test func aTraversalAsksForTheNextBlockAhead() throws {
    let golden = try Golden("llama-gqa")
    let watched = Watched(golden.model.weights)
    let model = LanguageModel(golden.model, weights: watched)
      .staying(on: .cpu, in: .bfloat16, within: DeviceRoom(2 * golden.model.parameterCount - 1))
    let context = RunContext(dtype: .bfloat16, scratch: "")
    var blocks: [Int] = []
    try Traversal(model, context).weights { blocks.append($0.number) }
    #expect(blocks == model.blocks.map(\.sourceIndex))
    let (here, elsewhere) = watched.asked.withLock { $0 }
    let first = model.configuration.weights(of: model.blocks[0]).map(\.id)
    #expect(here == first)
    let others = model.blocks.dropFirst().flatMap { model.configuration.weights(of: $0).map(\.id) }
    #expect(elsewhere == others)
    // What has room stays, and is not asked for again.
    try Traversal(model, context).weights { _ in }
    #expect(watched.asked.withLock { $0.here + $0.elsewhere }.count < 2 * (here + others).count)
  }
}
