import BillhookTorch
import Testing

@Suite struct GeneratorTests {
  @Test func sameSeedSameNumbers() throws {
    let one = try Generator(seed: 7).normal([64]).floats()
    #expect(try one == Generator(seed: 7).normal([64]).floats())
    #expect(try one != Generator(seed: 8).normal([64]).floats())
  }

  @Test func numbersEqualPyTorch() throws {
    // torch.randint(0, 1000, (5,), generator=torch.Generator().manual_seed(1234))
    let generator = try Generator(seed: 1234)
    #expect(try generator.integers(in: 0..<1000, [5]).integers() == [775, 171, 806, 365, 316])
  }

  @Test func aStateGoesBackToItsPlace() throws {
    let generator = try Generator(seed: 1)
    _ = try generator.normal([10])
    let state = try generator.state()
    let next = try generator.normal([10]).floats()
    try generator.restore(state)
    #expect(try next == generator.normal([10]).floats())
  }

  @Test func drawsFollowWeights() throws {
    let weights = try Tensor([0, 0, 1, 0] as [Float])
    #expect(try Generator(seed: 5).draw(1, weights: weights).integers() == [2])
    #expect(throws: TorchError.self) { try Generator(seed: 5).draw(5, weights: weights) }
  }
}
