import BillhookFiles
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Synchronization
import Testing
import TestSupport

/// An observer that is handed to a recovery takes part in its training.
@Suite struct HandedObserverTests {
  /// Drops the gradients of every other step, as it counts them itself.
  private final class Alternator: TrainingObserver {
    let state: [String: Tensor]
    private(set) var steps: [Int] = []

    init() throws { state = ["count": try Tensor([0.0])] }

    var count: Double { get throws { try state.number("count") } }

    func gradientsAreComplete(_ step: TrainingStep) throws {
      steps.append(step.number)
      let isOdd = try count.truncatingRemainder(dividingBy: 2) == 1
      for tensor in step.tensors {
        let gradient = try #require(tensor.gradient)
        if isOdd { try gradient.multiply(by: 0) }
      }
      try state.require("count").add(Tensor([1.0]))
    }
  }

  private static let settings: TrainingSettings = {
    var settings = TrainingSettings()
    (settings.steps, settings.batch, settings.learningRate) = (6, 4, 1e-2)
    return settings
  }()

  private static func recovery(_ name: String) -> any Recovery {
    switch name {
    case "lora":
      var lora = LoRA()
      lora.training = settings
      return lora
    case "cpt":
      var cpt = ContinuedPretraining()
      cpt.training = settings
      return cpt
    default:
      var distill = KnowledgeDistillation()
      distill.training = settings
      return distill
    }
  }

  /// The hash of each weight after a training.
  private func train(
    _ name: String,
    in folder: String,
    _ observers: [any TrainingObserver],
    stoppingAfter stop: Int = .max
  ) throws -> [String] {
    let golden = try Golden("llama-gqa")
    let steps = Mutex(0)
    let run = RunContext(
      scratch: folder,
      progress: { event in
        if case .trained = event { steps.withLock { $0 += 1 } }
      },
      isCancelled: { steps.withLock { $0 >= stop } }
    )
    let context = RecoveryContext(
      run: run,
      opened: golden.model,
      folder: folder,
      observers: observers
    )
    let trained = try Self.recovery(name).train(golden.model, on: golden.tokens, context)
    return try trained.configuration.allWeights.map { id, _ in
      try trained.weights.stored(id).withBytes { SHA256.hex(Array($0)) }
    }
  }

  @Test(arguments: ["lora", "cpt", "distill"])
  func itSeesChangesAndRemembers(name: String) throws {
    try Fixture.withFolder { folder in
      let observer = try Alternator()
      let expected = try train(name, in: "\(folder)/whole", [observer])
      #expect(observer.steps == Array(0..<6))
      #expect(try train(name, in: "\(folder)/alone", []) != expected)

      #expect(throws: Cancelled.self) {
        _ = try train(name, in: "\(folder)/parts", [Alternator()], stoppingAfter: 3)
      }
      let second = try Alternator()
      #expect(try train(name, in: "\(folder)/parts", [second]) == expected)
      #expect(second.steps == [3, 4, 5])
      #expect(try second.count == 6)
    }
  }
}
