import Foundation

/// Runs a reader on many inputs, each of which follows from a seed and its index alone.
///
/// Without variables the seed is 0 and the inputs are few, as a test needs it. With
/// `BILLHOOK_FUZZ_MINUTES` it goes on that long; `BILLHOOK_FUZZ_SEED` chooses other inputs, and
/// `BILLHOOK_FUZZ_INDEX` a single one, to see again what happens there.
public struct Fuzzing {
  /// What a reader made of an input.
  public enum Outcome { case accepted, refused }

  /// The name of the reader.
  public let reader: String
  /// The number of inputs that were used.
  public private(set) var accepted = 0
  /// The number of inputs that were refused.
  public private(set) var refused = 0
  /// What went wrong, with the seed and the index of the input.
  public private(set) var faults: [String] = []

  private let seed: UInt64
  private let trace: FuzzTrace

  /// Runs a reader.
  ///
  /// - Parameters:
  ///   - reader: Its name, for the report.
  ///   - inputs: How many inputs are tried when no time is given.
  ///   - body: Makes an input of the random numbers and reads it; whatever it throws is a fault.
  /// - Returns: What came out.
  /// - Throws: When the file that names the current input cannot be written.
  public static func run(
    _ reader: String,
    inputs: Int,
    _ body: (inout SplitMix64) throws -> Outcome
  ) throws -> Fuzzing {
    let variables = ProcessInfo.processInfo.environment
    let number = { (name: String) in variables["BILLHOOK_FUZZ_\(name)"].flatMap { UInt64($0) } }
    let minutes = variables["BILLHOOK_FUZZ_MINUTES"].flatMap(Double.init)
    var fuzzing = Fuzzing(
      reader: reader,
      seed: number("SEED") ?? 0,
      trace: try FuzzTrace(reader)
    )
    if let index = number("INDEX") {
      fuzzing.run(index, body)
    } else if let minutes {
      let end = ContinuousClock.now + .seconds(minutes * 60)
      var index: UInt64 = 0
      while ContinuousClock.now < end, fuzzing.faults.count < 5 {
        fuzzing.run(index, body)
        index += 1
      }
      print(fuzzing.summary)
    } else {
      for index in 0..<UInt64(inputs) where fuzzing.faults.count < 5 { fuzzing.run(index, body) }
    }
    fuzzing.trace.finish()
    return fuzzing
  }

  /// Whether a single input was tried again, of which no counts can be expected.
  public var isSingle: Bool { accepted + refused == 1 }

  /// Whether inputs of both kinds were tried; else little was tested.
  public var isMixed: Bool { isSingle || (accepted > 0 && refused > 0) }

  /// The counts in one line.
  public var summary: String {
    "fuzz \(reader), seed \(seed): \(accepted + refused + faults.count) inputs, "
      + "\(accepted) accepted, \(refused) refused, \(faults.count) faults"
  }

  private init(reader: String, seed: UInt64, trace: FuzzTrace) {
    self.reader = reader
    self.seed = seed
    self.trace = trace
  }

  private mutating func run(
    _ index: UInt64,
    _ body: (inout SplitMix64) throws -> Outcome
  ) {
    trace.note(seed, index)
    var start = SplitMix64(seed: seed)
    var random = SplitMix64(seed: start.next() &+ index &* 0xD1B5_4A32_D192_ED03)
    do {
      switch try body(&random) {
      case .accepted: accepted += 1
      case .refused: refused += 1
      }
    } catch {
      let input = "BILLHOOK_FUZZ_SEED=\(seed) BILLHOOK_FUZZ_INDEX=\(index)"
      faults.append("\(reader) with \(input): \(error)")
    }
  }
}

/// Something that a reader must not do.
public struct Fault: Error, CustomStringConvertible {
  /// What it did.
  public let description: String

  /// A fault in a few words.
  public init(_ description: String) { self.description = description }

  /// Throws unless a condition holds.
  public static func unless(_ condition: Bool, _ description: @autoclosure () -> String) throws {
    if !condition { throw Fault(description()) }
  }
}
