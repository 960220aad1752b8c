@testable import BillhookCore
import Testing

/// Products of inputs, and the factors of their inverse.
@Suite struct GramTests {
  private func inputs(_ tokens: Int, _ width: Int, seed: UInt64 = 1) throws -> Tensor {
    try Generator(seed: seed).normal([1, tokens, width])
  }

  /// All of XᵀX, in f64.
  private func products(_ inputs: Tensor) throws -> Tensor {
    let rows = try inputs.to(.float64).reshaped([-1, inputs.shape[2]])
    return try rows.transposed(0, 1).matmul(rows)
  }

  private func gram(_ inputs: Tensor) throws -> Gram {
    let products = try InputProducts(of: inputs)
    return try Gram(count: products.count, strips: products.strips)
  }

  private func unit(_ width: Int) throws -> Tensor {
    try Tensor.full([width, width], 1, dtype: .float64).lowerTriangle(upTo: 0)
      .upperTriangle(from: 0)
  }

  @Test func productsByHand() throws {
    let products = try InputProducts(of: Tensor([1, 2, 3, 4] as [Float], shape: [1, 2, 2]))
    #expect(products.count == 2)
    #expect(try products.strips.map { try $0.doubles() } == [[10, 14, 14, 20]])
    let gram = try Gram(products)
    #expect(try gram.diagonal.doubles() == [10, 20])
    #expect(gram.width == 2)
  }

  /// Strips end before the width does, and batches add up.
  @Test func partsAreTheWhole() throws {
    let whole = try inputs(40, 1100)
    let parts = try [0..<7, 7..<8, 8..<40].map {
      try InputProducts(of: whole.narrowed(1, to: $0))
    }
    let joined = try parts[2].joined(with: parts[0]).joined(with: parts[1])
    #expect(joined.count == 40)
    #expect(joined.strips.map(\.shape) == [[512, 1100], [512, 588], [76, 76]])
    let expected = try products(whole)
    for (strip, rows) in zip(joined.strips, InputProducts.rows(of: 1100)) {
      #expect(strip.dtype == .float64)
      let part = try expected.narrowed(0, to: rows).narrowed(1, to: rows.lowerBound..<1100)
      // Products of a batch are f32.
      #expect(try (strip - part).abs().max().scalar() < 1e-4)
    }
    let read = try InputProducts(tensors: joined.tensors)
    #expect(read.count == 40)
    #expect(try zip(read.strips, joined.strips).allSatisfy { try $0.hasSameBytes(as: $1) })
  }

  /// A sum over many batches loses nothing: f32 would stay at 2²⁴.
  @Test func sumsDoNotLose() throws {
    let large = try InputProducts(of: Tensor([4096] as [Float], shape: [1, 1]))
    let one = try InputProducts(of: Tensor([1] as [Float], shape: [1, 1]))
    var sum = large
    for _ in 0..<100 { sum = try sum.joined(with: one) }
    #expect(try sum.strips[0].doubles() == [16_777_316])
  }

  @Test func damagedBundlesAreRefused() throws {
    var tensors = try InputProducts(of: inputs(3, 600)).tensors
    tensors["1"] = try Tensor.zeros([88, 89])
    let error = #expect(throws: BundleError.self) { try InputProducts(tensors: tensors) }
    #expect(error?.description == "expected a strip 1 of [88, 88], found [88, 89]")
    tensors["1"] = nil
    #expect(throws: BundleError.self) { try InputProducts(tensors: ["0": .zeros([2, 2])]) }
  }

  /// [2 0; 0 4] has the inverse [1/2 0; 0 1/4], whose factor is diagonal; [2 1; 1 2] the inverse
  /// [2 -1; -1 2] / 3 with U = [√(2/3) -1/√6; 0 1/√2].
  @Test func factorsByHand() throws {
    func root(_ number: Double) -> Double { number.squareRoot() }
    for (matrix, expected) in [
      ([2, 0, 0, 4], [root(0.5), 0, 0, 0.5]),
      ([2, 1, 1, 2], [root(2 / 3), -1 / root(6), 0, root(0.5)]),
    ] as [([Double], [Double])] {
      let gram = try Gram(count: 1, strips: [Tensor(matrix, shape: [2, 2])])
      let found = try gram.inverseFactor(.mean(0)).doubles()
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-15 }, "\(found)")
    }
  }

  @Test(arguments: [1, 3, 512, 700])
  func factorsGiveTheInverse(width: Int) throws {
    let inputs = try inputs(2 * width, width).to(.float64)
    let gram = try gram(inputs)
    let products = try products(inputs)
    let mean = try gram.diagonal.mean().scalar()
    for (damping, added) in [
      (.mean(0), try unit(width) * 0), (.mean(0.01), try unit(width) * (0.01 * mean)),
      (.own(0.5), try unit(width) * gram.diagonal * 0.5),
    ] as [(Gram.Damping, Tensor)] {
      let factor = try gram.inverseFactor(damping)
      #expect(try (factor.lowerTriangle(upTo: -1).abs().max().scalar()) == 0)
      let product = try factor.transposed(0, 1).matmul(factor).matmul(products + added)
      #expect(try (product - unit(width)).abs().max().scalar() < 1e-9, "\(damping)")
      #expect(try gram.inverseFactor(damping) === factor)
    }
  }

  @Test func deadInputsAreLeftAlone() throws {
    let living = try Tensor([1, 0, 1, 1] as [Double])
    let inputs = try inputs(9, 4).to(.float64) * living
    let gram = try gram(inputs)
    #expect(try gram.isDead.to(.int64).integers() == [0, 1, 0, 0])
    let factor = try gram.inverseFactor(.mean(0.01)).doubles()
    #expect(factor[5] == 1)
    #expect([1, 4, 6, 7, 9, 13].allSatisfy { factor[$0] == 0 })
    // The others are as without it.
    let rest = try self.gram(inputs.selecting(2, Tensor([0, 2, 3]))).inverseFactor(.mean(0.01))
    let own = [0, 2, 3, 8, 10, 11, 12, 14, 15].map { factor[$0] }
    #expect(zip(own, try rest.doubles()).allSatisfy { abs($0 - $1) < 1e-14 })
  }

  /// Three tokens know nothing of a fourth direction.
  @Test func aDampingThatDoesNotDoIsRaisedAndNoted() throws {
    let gram = try gram(Tensor([1, 1, 1, 1] as [Double], shape: [1, 1, 4]))
    var notes: [String] = []
    let factor = try gram.inverseFactor(.mean(0)) { notes.append($0) }
    #expect(try factor.allFinite())
    #expect(notes == ["have no Cholesky factor with a damping of 0.0; 1e-06 is used"])
    #expect(try gram.inverseFactor(.mean(0)) { notes.append($0) } === factor)
    #expect(notes.count == 1)
  }

  @Test func whatIsNotFiniteIsRefused() throws {
    let error = #expect(throws: EvidenceError.self) {
      try gram(Tensor([1, .infinity] as [Float], shape: [1, 1, 2]))
    }
    #expect(error?.description == "evidence `input_gram` found inputs that are not finite")
  }

  @Test func projectionsWithOneInputShareIt() throws {
    let shared = try gram(inputs(5, 3))
    var statistics = Statistics()
    statistics.add([.query: shared], of: InputGram())
    let factors = try [WeightRole.query, .key, .value].map {
      try statistics.inverseFactor(of: WeightID($0, block: 1), damping: 0.01)
    }
    #expect(factors.allSatisfy { $0 === factors[0] })
    let error = #expect(throws: EvidenceError.self) {
      try statistics.inverseFactor(of: WeightID(.up, block: 1), damping: 0.01)
    }
    #expect(error?.message == "was gathered for the inputs of query, not for up")
  }
}
