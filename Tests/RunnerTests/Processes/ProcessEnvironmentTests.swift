import BillhookCore
import Testing

@testable import BillhookRunner

@Suite struct ProcessEnvironmentTests {
  @Test func readsWhatTorchrunSays() throws {
    #expect(try ProcessEnvironment([:]) == nil)
    #expect(try ProcessEnvironment(["RANK": "0", "WORLD_SIZE": "1"]) == nil)
    var variables = [
      "RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2",
      "MASTER_ADDR": "node0", "MASTER_PORT": "29500", "TORCHELASTIC_USE_AGENT_STORE": "True",
      "TORCHELASTIC_RESTART_COUNT": "2",
    ]
    let found = try #require(try ProcessEnvironment(variables))
    let numbers: [Int] = [found.rank, found.size, found.localSize, found.port]
    #expect(numbers == [3, 4, 2, 29500])
    #expect(found.localRank == 1)
    #expect(found.isServed && found.prefix == "billhook/4/2" && found.host == "node0")
    variables["MASTER_PORT"] = "many"
    #expect {
      try ProcessEnvironment(variables)
    } throws: {
      "\($0)" == "expected MASTER_PORT from 1 to 65535, found many"
    }
    variables["MASTER_ADDR"] = nil
    #expect {
      try ProcessEnvironment(variables)
    } throws: {
      "\($0)".contains("MASTER_ADDR is missing; start them by torchrun")
    }
  }

  private static let started = [
    "RANK": "3", "WORLD_SIZE": "4", "MASTER_ADDR": "node0", "MASTER_PORT": "29500",
  ]

  @Test(
    arguments: [
      // All on this machine; the only one on it; and one of two, which has to be said.
      (["LOCAL_WORLD_SIZE": "4"], 3), ([:], 0), (["LOCAL_WORLD_SIZE": "2"], nil),
      (["LOCAL_WORLD_SIZE": "2", "LOCAL_RANK": "1"], 1),
    ] as [([String: String], Int?)]
  )
  func theNumberOnTheMachine(_ said: [String: String], _ rank: Int?) throws {
    let variables = Self.started.merging(said) { $1 }
    #expect(try ProcessEnvironment(variables)?.localRank == rank)
  }

  @Test func eachProcessHasAGPUOfItsOwn() throws {
    func device(_ first: Device, _ variables: [String: String], of size: Int = 4) throws -> Device {
      try ProcessEnvironment.device(ofOneOf: size, from: first, variables)
    }
    let one = Self.started.merging(["LOCAL_WORLD_SIZE": "2", "LOCAL_RANK": "1"]) { $1 }
    #expect(try device(.cuda(0), one) == .cuda(1))
    #expect(try device(.cuda(4), one) == .cuda(5))
    #expect(try device(.cpu, one) == .cpu)
    // Process 0 of `--processes`, and a run of one process.
    #expect(try device(.cuda(4), [:]) == .cuda(4))
    #expect(try device(.cuda(1), [:], of: 1) == .cuda(1))
    #expect {
      try device(.cuda(0), Self.started.merging(["LOCAL_WORLD_SIZE": "2"]) { $1 })
    } throws: {
      "\($0)".contains("LOCAL_RANK is missing")
    }
    #expect {
      try device(.mps, one)
    } throws: {
      "\($0)".contains("leave out --device mps")
    }
  }
}
