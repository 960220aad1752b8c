import ArgumentParser
import BillhookCore
import BillhookPipeline
import BillhookRecipe

/// `--memory SIZE`: how much memory the arithmetic may take.
struct MemoryOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The memory to keep to, such as 4GB. (default: half of the machine's, or of what is free on a GPU)",
      valueName: "size"
    ),
    transform: MemoryOptions.size
  )
  var memory: ByteCount?

  /// The limit in bytes; nil where none was set.
  var limit: Int? { memory?.bytes }

  /// The bytes that one of some processes on this machine may take; nil for a device that does not say
  /// how much it has.
  func available(on device: Device, eachOf processes: Int) -> Int? {
    limit ?? (device == .cpu ? Machine.memory / processes : device.freeMemory)
  }

  private static let allowed = ByteCount(1_000_000)...ByteCount(1_000_000_000_000_000)

  private static func size(_ text: String) throws -> ByteCount {
    let value = Value.parse(SourceText(name: "--memory", text: text)).value
    var meant: String?
    if case .quantity(let number, let unit) = value?.kind {
      let size = ByteCount(.quantity(number, unit: unit))
      if let size, allowed.contains(size) { return size }
      if size == nil { meant = ByteCount.unit(meantBy: unit).map { "\(number.text)\($0)" } }
    }
    throw ValidationError(
      "expected a size from \(allowed.lowerBound.literalText) to 1000TB, such as 4GB, "
        + "found \(text)" + (meant.map { "; did you mean \($0)?" } ?? "")
    )
  }
}
