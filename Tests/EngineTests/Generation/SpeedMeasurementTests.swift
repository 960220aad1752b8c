import BillhookModels
import BillhookTorch
@testable import BillhookEngine
import Synchronization
import TestSupport
import Testing

/// What is measured of models, with a clock that only counts how often it is looked at.
@Suite struct SpeedMeasurementTests {
  /// A clock whose `n`th reading, from 0, is `n²` seconds.
  private final class Clock: Sendable {
    private let readings = Mutex(0)

    func seconds() -> Double {
      readings.withLock { count in
        defer { count += 1 }
        return Double(count * count)
      }
    }
  }

  private func measurement(warmUps: Int, repeats: Int) -> SpeedMeasurement {
    var measurement = SpeedMeasurement()
    measurement.warmUps = warmUps
    measurement.repeats = repeats
    let clock = Clock()
    measurement.seconds = { clock.seconds() }
    return measurement
  }

  private let load = GenerationLoad(batch: 2, prompt: 3, output: 4)

  /// A run reads the clock three times, so run `r`, from 0, begins at reading `3r`: its first token
  /// takes `6r + 1` seconds and the others together `6r + 3`.
  @Test func modelsTakeTurnsAndWarmUpsDoNotCount() throws {
    let subjects = try ["llama-gqa", "qwen3"].map {
      SpeedMeasurement.Subject(try Golden($0).model, dtype: .float32)
    }
    let speeds = try measurement(warmUps: 1, repeats: 2).speeds(
      of: subjects,
      under: load,
      .testing()
    )
    // Runs 0 and 1 are warm-ups; the first model has 2 and 4, the second 3 and 5.
    for (speed, runs) in zip(speeds, [[2.0, 4], [3, 5]]) {
      #expect(speed.runs == 2)
      #expect(speed.load == load)
      #expect(speed.prefill == Quartiles(runs.map { 6 * $0 + 1 }))
      #expect(speed.decoding == Quartiles(runs.map { (6 * $0 + 3) / 3 }))
      #expect(speed.latency == Quartiles(runs.map { 12 * $0 + 4 }))
    }
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func memoryHoldsTheWeightsAndMore(dtype: DType) throws {
    let model = try LanguageModel(opening: Fixture.tinyModel)
    let subject = SpeedMeasurement.Subject(model, dtype: dtype)
    let speed = try measurement(warmUps: 0, repeats: 1)
      .speeds(of: [subject], under: load, .testing())[0]
    #if os(Linux)
    let memory = try #require(speed.memory)
    #expect(memory >= model.parameterCount * dtype.byteCount)
    #expect(memory < model.parameterCount * dtype.byteCount + 200_000_000)
    #endif
  }

  @Test func runsAreToldOfAndCanBeStopped() throws {
    let told = Mutex<[ProgressEvent]>([])
    let subject = SpeedMeasurement.Subject(try Golden("mistral").model, dtype: .float32)
    let context = RunContext(
      scratch: "",
      progress: { event in told.withLock { $0.append(event) } },
      isCancelled: { told.withLock { $0.count } == 3 }
    )
    #expect(throws: Cancelled.self) {
      try measurement(warmUps: 2, repeats: 5).speeds(of: [subject], under: load, context)
    }
    #expect(told.withLock { $0 } == (0..<3).map { .advanced(done: $0, of: 7) })
  }

  @Test func whatAModelCannotDoIsSaidFirst() throws {
    let model = try Golden("llama-gqa").model
    let most = model.configuration.maximumPositions
    let subject = SpeedMeasurement.Subject(model, dtype: .float32)
    let long = GenerationLoad(batch: 1, prompt: 1, output: most)
    let error = #expect(throws: DataError.self) {
      try SpeedMeasurement().speeds(of: [subject], under: long, .testing())
    }
    #expect(error?.description.contains("\(most + 1)") == true)
    #expect(throws: DataError.self) {
      try measurement(warmUps: 1, repeats: 0).speeds(of: [subject], under: load, .testing())
    }
  }
}
