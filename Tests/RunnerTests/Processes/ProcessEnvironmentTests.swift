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
}
