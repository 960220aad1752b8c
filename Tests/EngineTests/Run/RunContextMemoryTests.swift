import BillhookCore
import Testing
import TestSupport

/// How much memory a run takes where nobody says it.
@Suite struct RunContextMemoryTests {
  @Test func halfOfTheMachineIsForTheArithmetic() {
    let context = RunContext(scratch: "")
    #expect(context.memory == Machine.memory / 2)
    // Weights of files are used in place there.
    #expect(context.room == nil)
    #expect(RunContext(memory: 1000, scratch: "").memory == 1000)
  }

  /// No machine has so many devices; one that does not say what it has is asked for little.
  @Test func aDeviceThatSaysNothingIsUsedWithCare() throws {
    let context = RunContext(device: .cuda(127), scratch: "")
    #expect(context.memory == nil)
    #expect(context.room == nil)
    let memory = TraversalMemory(try Golden("llama-gqa").model, context)
    let load = TraversalMemory.Load(tokens: 1 << 40, window: 8)
    let (backward, forward) = try (
      memory.backwardStrategy(load, onePerBatch: false), memory.forwardStrategy(load, candidates: 4)
    )
    #expect(backward.keeping == .inputs && !backward.statesWaitOnDisk)
    #expect(!forward.statesWaitOnDisk)
    #expect(try memory.kept(load, candidates: 4, forward) == 0)
  }

  /// With a limit a device keeps to it as the processor does.
  @Test func aLimitIsOneOfEveryDevice() throws {
    let load = TraversalMemory.Load(tokens: 1 << 20, window: 8)
    for device in [Device.cpu, .cuda(127)] {
      func strategy(_ limit: Int) throws -> TraversalStrategy {
        try TraversalMemory(
          Golden("llama-gqa").model,
          RunContext(device: device, memory: limit, scratch: "")
        ).backwardStrategy(load, onePerBatch: false)
      }
      #expect(try strategy(1 << 40).keeping == .activations)
      #expect(try strategy(1_000_000).keeping == .inputs)
      #expect(try strategy(1_000_000).statesWaitOnDisk)
    }
  }
}
