import BillhookCore
import Testing

@Suite struct GradientTests {
  @Test func nothingIsRecordedOutsideAScope() throws {
    let x = try Tensor([3] as [Float]).tracked()
    #expect(try !(x * x).requiresGradient)
    #expect(try withGradients { try (x * x).requiresGradient })
    #expect(try withGradients { try withoutGradients { try !(x * x).requiresGradient } })
    #expect(try !(x * x).requiresGradient)
  }

  @Test func aScopeEndsWhenItsBodyThrows() throws {
    let x = try Tensor([3] as [Float]).tracked()
    #expect(throws: TorchError.self) { try withGradients { _ = try x.reshaped([2]) } }
    #expect(try !(x * x).requiresGradient)
  }

  @Test func gradientsByHand() throws {
    let x = try Tensor([2, 3] as [Float]).tracked()
    let w = try Tensor([5, 7] as [Float]).tracked()
    let loss = try withGradients { try (x * x * w).sum() }
    let gradients = try loss.gradients(of: [x, w])
    #expect(try gradients[0].floats() == [20, 42])
    #expect(try gradients[1].floats() == [4, 9])
  }

  @Test func upstreamGradientsScale() throws {
    let x = try Tensor([2, 3] as [Float]).tracked()
    let square = try withGradients { try x * x }
    let upstream = try Tensor([1, 10] as [Float])
    #expect(try square.gradients(of: [x], upstream: upstream)[0].floats() == [4, 60])
  }

  @Test func aSourceWithoutPartIsAnError() throws {
    let x = try Tensor([2] as [Float]).tracked()
    let other = try Tensor([2] as [Float]).tracked()
    let loss = try withGradients { try (x * x).sum() }
    #expect(throws: TorchError.self) { try loss.gradients(of: [other]) }
  }

  @Test func inferenceTensorsCannotHaveGradients() throws {
    let made = try withInferenceMode { try Tensor([2] as [Float]) * 2 }
    #expect(throws: TorchError.self) {
      let leaf = try made.tracked()
      _ = try withGradients { try (leaf * leaf).sum() }.gradients(of: [leaf])
    }
  }
}
