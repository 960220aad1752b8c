import Testing

@testable import BillhookEngine

/// The arithmetic of times, with a clock that is told what to show.
@Suite struct GenerationSpeedTests {
  @Test func aRunIsTheFirstTokenAndTheOthers() {
    var clock = 100.0
    var steps = 0
    let times = GenerationTimes(output: 5, seconds: { clock }) {
      clock += steps == 0 ? 8 : 2
      steps += 1
    }
    #expect(steps == 5)
    #expect(times.prefill == 8)
    #expect(times.decoding == 8)
  }

  @Test func aSingleTokenHasNoOthers() throws {
    var clock = 0.0
    let times = GenerationTimes(output: 1, seconds: { clock }) { clock += 3 }
    #expect(times.prefill == 3)
    #expect(times.decoding == 0)
    let load = GenerationLoad(batch: 4, prompt: 7, output: 1)
    let speed = try #require(GenerationSpeed(load, [times], memory: nil))
    #expect(speed.decoding == nil)
    #expect(speed.throughput.median == 4.0 / 3)
  }

  @Test func whatStopsAStepStopsTheRun() {
    struct Stop: Error {}
    var steps = 0
    #expect(throws: Stop.self) {
      try GenerationTimes(output: 5, seconds: { 0 }) {
        steps += 1
        if steps == 3 { throw Stop() }
      }
    }
    #expect(steps == 3)
  }

  @Test func runsAreSummedUpByTheirQuartiles() throws {
    let load = GenerationLoad(batch: 2, prompt: 12, output: 11)
    let times = [(2.0, 10.0), (4, 20), (3, 15)].map {
      GenerationTimes(prefill: $0.0, decoding: $0.1)
    }
    let speed = try #require(GenerationSpeed(load, times, memory: 5))
    #expect(speed.runs == 3)
    #expect(speed.memory == 5)
    #expect(speed.prefill == Quartiles([2, 3, 4]))
    #expect(speed.decoding == Quartiles([1, 1.5, 2]))
    #expect(speed.latency == Quartiles([12, 18, 24]))
    #expect(speed.throughput == Quartiles([22.0 / 12, 22.0 / 18, 22.0 / 24]))
    #expect(GenerationSpeed(load, [], memory: nil) == nil)
  }
}
