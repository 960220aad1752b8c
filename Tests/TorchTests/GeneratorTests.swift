import BillhookCore
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

  @Test func coinsFollowTheirProbability() throws {
    // torch.empty(2, dtype=torch.int64).random_(-2**63, None, generator=…manual_seed(1234))
    //   .view(torch.int16): -7469, 32614, 27439, 12551, -9163, -11939, -31450, -24766
    let coins = try Generator(seed: 1234).coins(1 << 15, [2, 3])
    #expect(coins.shape == [2, 3] && coins.dtype == .int8)
    #expect(try coins.to(.float32).floats() == [1, 0, 0, 0, 1, 1])
    let all = try Generator(seed: 1).coins(1 << 16, [999]).to(.float32)
    #expect(try all.floats() == [Float](repeating: 1, count: 999))
    for probability in [0, 1 << 16 + 1] {
      #expect(throws: TorchError.self) { try Generator(seed: 1).coins(probability, [9]) }
    }
    let many = try Generator(seed: 3).coins(62_259, [1_000_003]).to(.float32)
    // Five standard deviations of the mean of a million draws.
    #expect(abs(try many.sum(dtype: .float64).scalar() / 1_000_003 - 0.95) < 0.0011)
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
