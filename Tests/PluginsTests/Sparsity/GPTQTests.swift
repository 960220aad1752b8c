import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Testing

/// What GPTQ says of numbers that no code reaches.
@Suite struct GPTQTests {
  /// The later inputs are a hundredth of the first one, so that each of them would have to make up for a
  /// hundred times its error: by hand, 0.4 steps become 40, and codes reach 8.
  @Test(arguments: [(Float(0.01), true), (1, false)])
  func numbersBeyondAllCodesAreNoted(share: Float, isNoted: Bool) throws {
    let id = WeightID(.up, block: 2)
    let row = [Float(3.4), 7.5] + [Float](repeating: 0.25, count: 6)
    let weight = try Tensor((0..<8).flatMap { _ in row }, shape: [8, 8])
    let noise = try Generator(seed: 3).normal([1, 50, 8]) * (isNoted ? 1e-4 : 1)
    let first = try Generator(seed: 4).normal([1, 50, 1])
    let factors = try Tensor([1] + [Float](repeating: share, count: 7))
    let inputs = isNoted ? try first * factors + noise : noise
    var statistics = Statistics()
    statistics.add([id.role.input: try Gram(InputProducts(of: inputs))], of: InputGram())
    let projection = UnquantisedProjection(
      id: id,
      weight: weight,
      scheme: QuantisationScheme(bits: 4, group: nil, isSymmetric: true),
      dtype: .float32
    )
    var gptq = GPTQ()
    gptq.damping = 0.0001
    _ = try gptq.quantised(projection, statistics)
    let gathered = GatheredNotes()
    gathered.take(statistics)
    let notes = gathered.texts
    #expect(notes.contains { $0.contains("further than a step from all codes") } == isNoted)
    #expect(notes.allSatisfy { $0.contains("block 2 up") })
  }
}
