import BillhookFiles
import BillhookTorch
@testable import BillhookEngine
import Testing
import TestSupport

/// What results of a machine are known by.
@Suite struct MachineTests {
  @Test func graphicsProcessorsAreThoseOfTheDriver() throws {
    try Fixture.withFolder { folder in
      for (place, model) in [("0000:41:00.0", "NVIDIA H200"), ("0000:01:00.0", "NVIDIA A100")] {
        try FileSystem.makeDirectory("\(folder)/\(place)")
        let text = "Model: \t\t \(model)\nIRQ:   \t\t 71\nGPU UUID: \t GPU-1\n"
        try FileSystem.write(Array(text.utf8), to: "\(folder)/\(place)/information")
      }
      let both = Machine.graphicsProcessors(for: .cuda(0), driver: folder, visible: nil)
      #expect(both == "NVIDIA A100, NVIDIA H200; visible: all")
      let one = Machine.graphicsProcessors(for: .cuda(0), driver: folder, visible: "1")
      #expect(one == "NVIDIA A100, NVIDIA H200; visible: 1")
      #expect(Machine.graphicsProcessors(for: .cpu, driver: folder, visible: nil) == nil)
      let none = Machine.graphicsProcessors(for: .cuda(1), driver: "\(folder)/none", visible: nil)
      #expect(none == "; visible: all")
    }
  }
}
