import BillhookCore
import Testing

@Suite struct DeviceTests {
  @Test func namesAreRead() {
    #expect(Device("cpu") == .cpu)
    #expect(Device("cuda") == .cuda(0))
    #expect(Device("cuda:3") == .cuda(3))
    #expect(Device("mps") == .mps)
    for name in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU", "cuda:1000"] {
      #expect(Device(name) == nil, "\(name)")
    }
    #expect(Device.cuda(3).description == "cuda:3")
  }

  @Test func aMissingDeviceIsAnErrorAndNoFallback() throws {
    try Device.cpu.prepare()
    #expect(throws: TorchError.self) { try Device.cuda(99).prepare() }
  }

  @Test func threadsAreAtLeastOne() throws {
    let before = Runtime.threadCount
    #expect(before >= 1)
    #expect(throws: TorchError.self) { try Runtime.setThreadCount(0) }
    #expect(throws: TorchError.self) { try Runtime.setThreadCount(-2) }
    #expect(Runtime.version.hasPrefix("2."))
  }
}
