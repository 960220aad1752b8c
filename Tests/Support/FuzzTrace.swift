import BillhookCore
import Foundation

/// Says in a small file which input is being read: a trap ends the process, and the file stays.
struct FuzzTrace {
  private let path: String
  private let file: FileHandle
  private let reader: String

  init(_ reader: String) throws {
    let folder = NSTemporaryDirectory() + "billhook-fuzz"
    try FileSystem.makeDirectory(folder)
    path = "\(folder)/\(reader)-\(ProcessInfo.processInfo.processIdentifier)"
    try FileSystem.write([], to: path)
    file = try FileHandle(forWritingTo: URL(filePath: path))
    self.reader = reader
  }

  func note(_ seed: UInt64, _ index: UInt64) {
    var text = "BILLHOOK_FUZZ_SEED=\(seed) BILLHOOK_FUZZ_INDEX=\(index) # \(reader)"
    text += String(repeating: " ", count: max(0, 99 - text.utf8.count)) + "\n"
    text.withUTF8 { _ = pwrite(file.fileDescriptor, $0.baseAddress, $0.count, 0) }
  }

  func finish() {
    try? file.close()
    try? FileSystem.remove(path)
  }
}
