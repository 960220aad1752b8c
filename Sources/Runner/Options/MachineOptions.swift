import ArgumentParser
import BillhookCore

/// Where and with how many threads a command computes.
struct MachineOptions: ParsableArguments {
  @Option(
    help: "Where to compute: cpu, cuda, cuda:N or mps. (default: cpu)",
    transform: MachineOptions.device
  )
  var device = Device.cpu

  @Option(
    parsing: .unconditional,
    help: "The number of threads, from 1 to 1024. (default: the number of cores)",
    transform: FlagRange.threads.number
  )
  var threads: Int?

  /// Prepares the device and the threads.
  func prepare() throws {
    try device.prepare()
    if let threads { try Runtime.setThreadCount(threads) }
  }

  private static func device(_ text: String) throws -> Device {
    guard let device = Device(text) else {
      throw ValidationError(
        "expected cpu, cuda, cuda:N with a number from 0 to 127, or mps, found \(text)"
      )
    }
    return device
  }
}
