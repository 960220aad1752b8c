import BillhookTorch
import Foundation
import Synchronization
import Testing

/// Groups of several processes; here each process is a thread, which c10d does not mind.
@Suite(.enabled(if: ProcessStore.isAvailable))
struct ProcessGroupTests {
  private struct Gone: Error {}

  /// Runs a body in each process of a group, and gives what they gave.
  private static func run<Result: Sendable>(
    _ size: Int,
    _ body: @escaping @Sendable (ProcessGroup) throws -> Result
  ) throws -> [Result] {
    let store = try ProcessStore(host: "127.0.0.1", port: 0, serves: true)
    let found = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: size) { rank in
      let result = Swift.Result {
        let client = try ProcessStore(host: "127.0.0.1", port: store.port, serves: false)
        let group = try ProcessGroup(
          client,
          prefix: "test",
          rank: rank,
          of: size,
          by: .host("127.0.0.1"),
          seconds: 30
        )
        return try body(group)
      }
      found.withLock { $0[rank] = result }
    }
    let all = found.withLock { $0 }
    return try (0..<size).map { rank in
      guard let result = all[rank] else { throw Gone() }
      return try result.get()
    }
  }

  @Test func sumsGathersAndSends() throws {
    let all = try Self.run(2) { group in
      try group.meet(at: "start")
      let sums = try [Tensor([Float(group.rank), 1.5]), Tensor([Double(10 * group.rank)])]
      try group.sum(sums)
      let numbers = try group.gather(group.leads ? [1, 2] : [3])
      let bytes = try group.broadcast(bytes: group.leads ? [7, 8, 9] : nil)
      let none = try group.broadcast(bytes: group.leads ? nil : [1])
      let least = try group.least(5 - group.rank)
      var received: [Double] = []
      if group.leads {
        let tensors = try group.receive(from: 1)
        received = try (tensors?["a/b"]?.doubles() ?? []) + (tensors?["c"]?.doubles() ?? [])
        #expect(tensors?["c"]?.shape == [1, 2])
        #expect(tensors?["empty"]?.shape == [0])
        #expect(try group.receive(from: 1) == nil)
      } else {
        try group.send(
          [
            "a/b": Tensor([4.5]), "c": Tensor([1, 2], shape: [1, 2]), "empty": Tensor([Double]()),
          ],
          to: 0
        )
        try group.send(nil, to: 0)
      }
      return (
        try sums.flatMap { try $0.doubles() }, numbers, bytes, none, least, received,
        group.part(of: 3)
      )
    }
    for rank in 0..<2 {
      #expect(all[rank].0 == [1, 3, 10])
      #expect(all[rank].1 == [[1, 2], [3]])
      #expect(all[rank].2 == [7, 8, 9])
      #expect(all[rank].3 == nil)
      #expect(all[rank].4 == 4)
    }
    #expect(all[0].5 == [4.5, 1, 2])
    #expect([all[0].6, all[1].6] == [0..<2, 2..<3])
  }

  @Test func whatFailsInOneFailsInAll() throws {
    let all = try Self.run(2) { group -> [String] in
      var said: [String] = []
      func note(_ body: () throws -> Void) {
        do { try body() } catch { said.append("\(error)") }
      }
      note {
        try group.together("work", failure: { _ in .error("no room") }) {
          if group.rank == 1 { throw Gone() }
          // Process 0 waits for what process 1 never sends.
          try group.meet(at: "an exchange")
        }
      }
      note {
        try group.together("work", failure: { _ in .cancelled }) {
          if group.leads { throw Gone() }
        }
      }
      note { try group.meet(at: "place \(group.rank)") }
      // After all that they still understand each other.
      try group.meet(at: "end")
      return said
    }
    #expect(all[0][0] == "in process 1: no room")
    #expect(all[1][0] == "Gone()")
    #expect(all[1][1] == "process 0 was asked to stop")
    #expect(all[0][2].hasPrefix("process 1 is not where process 0 is: place 1, and place 0"))
    #expect(all[0][2] == all[1][2])
  }

  @Test func aLostProcessEndsTheGroup() throws {
    let all = try Self.run(2) { group -> String in
      // The group of process 1 goes away with it.
      guard group.leads else { return "" }
      do {
        for _ in 0..<100 { try group.meet(at: "on") }
        return "met"
      } catch {
        #expect(group.loss != nil)
        return "\(error)"
      }
    }
    #expect(all[0].hasPrefix("process 0 lost the connection to another process"))
  }
}
