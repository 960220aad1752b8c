@testable import BillhookEngine
import Synchronization
import Testing
import TestSupport

/// What whoever computes tells of it.
@Suite struct RunContextTests {
  /// Also where a plugin divided by nothing.
  @Test(
    arguments: [
      (0, 0), (0.25, 250), (1, 1000), (7, 1000), (-1, 0), (.nan, 0), (.infinity, 1000),
    ] as [(Double, Int)]
  )
  func sharesAreFromNothingToAll(share: Double, told: Int) throws {
    let found = Mutex<[Int]>([])
    let context = RunContext(scratch: "") { event in
      if case .advanced(let done, of: 1000) = event { found.withLock { $0.append(done) } }
    }
    try context.advance(to: share)
    #expect(found.withLock { $0 } == [told])
  }
}
