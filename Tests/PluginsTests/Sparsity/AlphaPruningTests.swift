import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// Spectra, exponents, and shares from exponents.
@Suite struct AlphaPruningTests {
  private func spectrum(of weight: Tensor) throws -> [Double] {
    let evidence = Spectra()
    return evidence.finish(try evidence.observe(weight, WeightID(.query, block: 0))).eigenvalues
  }

  /// A matrix with given singular values between two bases that reflections make.
  private func matrix(rows: Int, columns: Int, _ singular: [Double]) throws -> Tensor {
    func reflection(_ size: Int) throws -> Tensor {
      let normal = (0..<size).map { place -> Double in
        let drawn: Int = (place * 7 + 3) % 11
        return Double(drawn) - 4.5
      }
      let square = normal.map { $0 * $0 }.reduce(0, +)
      let values = (0..<size * size).map { index -> Double in
        let (row, column) = (index / size, index % size)
        let identity: Double = row == column ? 1 : 0
        let product: Double = normal[row] * normal[column]
        return identity - 2 * product / square
      }
      return try Tensor(values, shape: [size, size])
    }
    let diagonal = (0..<rows * columns).map { index -> Double in
      index / columns == index % columns ? singular[index / columns] : 0
    }
    return try reflection(rows).matmul(Tensor(diagonal, shape: [rows, columns]))
      .matmul(reflection(columns))
  }

  @Test func spectraAreSquaredSingularValues() throws {
    let singular = (1...12).map { 0.1 * Double($0) * Double($0) }
    let squares = singular.map { $0 * $0 }
    let wide = try matrix(rows: 12, columns: 20, singular)
    #expect(differenceToScale(try spectrum(of: wide), squares) < 1e-12)
    let tall = try wide.transposed(0, 1).contiguous()
    #expect(differenceToScale(try spectrum(of: tall), squares) < 1e-12)
  }

  /// Rounding makes small numbers of zeros, of either sign.
  @Test func whatIsZeroToRoundingIsLeftOut() throws {
    let singular = [0, 0, 0, 0, 0.5, 1, 2, 4, 8, 16]
    let found = try spectrum(of: matrix(rows: 10, columns: 14, singular))
    #expect(differenceToScale(found, [0.25, 1, 4, 16, 64, 256]) < 1e-12)
    #expect(Spectrum([-1e-18, 0, 2, 1]).eigenvalues == [1, 2])
    #expect(Spectrum([0, 0]).eigenvalues == [])
  }

  /// 300 values of a power law, in order, with something else added to them.
  private static let nearlyAPowerLaw = (0..<300).map { place -> Double in
    let quantile: Double = (Double(place) + 0.5) / 300
    let other: Double = 0.01 * Double(place % 7)
    return pow(1 - quantile, -0.7) + other
  }.sorted()

  /// Where the bound is the one that was meant, a spectrum's scale does not matter.
  @Test(arguments: ["middle", "meant"]) func scaleDoesNotMatter(setting: String) throws {
    let allocation = AllocationGoldenTests.allocation(setting)
    let values = Self.nearlyAPowerLaw
    let expected = try #require(allocation.exponent(of: values))
    for scale in [1e-6, 0.37, 2.0, 5e4] {
      let found = try #require(allocation.exponent(of: values.map { $0 * scale }))
      #expect(abs(found / expected - 1) < 1e-12, "\(scale)")
    }
  }

  /// The bound of the authors' code depends on the scale: it is below everything where the peak is
  /// small, and below little where it is large.
  @Test func theShippedBoundIsALogarithm() throws {
    let values = Self.nearlyAPowerLaw
    let law = PowerLaw(values)
    let shipped = try #require(AllocationGoldenTests.allocation("shipped").exponent(of: values))
    #expect(shipped == law.exponentFromPeak { log10(0.95 * $0) })
    #expect(shipped == law.exponentFromPeak { _ in 0 })
  }

  @Test func noPowerLawIsAnError() throws {
    for setting in AllocationGoldenTests.settings {
      let allocation = AllocationGoldenTests.allocation(setting)
      for values in [[], [1.0], [2, 2, 2, 2]] {
        #expect(allocation.exponent(of: values) == nil, "\(setting), \(values)")
      }
      var statistics = Statistics()
      for block in 0..<2 {
        let values = block == 0 ? [1, 2, 3, 5, 9.0] : [2, 2, 2]
        let id = WeightID(.down, block: block)
        statistics.add(Spectrum(values), of: Spectra(), ofWeight: id)
      }
      let error = #expect(throws: BudgetError.self) {
        try allocation.shares(ofBlocks: 2, statistics)
      }
      #expect(error?.description.contains("the spectrum of block 1 down is no power law") == true)
      // From the middle there is none either, so nobody is told to try that.
      #expect(error?.description.contains("do not fall from there; use `allocate uniform`") == true)
    }
  }

  /// The figures of LLaMA-7B, from the exponents that the authors publish for it: 70 % with ε = 0.2.
  ///
  /// The first mean of a block is 2.622, the greatest 4.220, the last 3.537, and the mean of all 32 is
  /// 3.3575. The least, 2.6083, is derived from the published shares: it is the one that 0.568 stands for.
  @Test func sharesOfLlama7B() throws {
    var allocation = AlphaPruning()
    allocation.epsilon = 0.2
    let known = [2.6083, 2.622, 4.220, 3.537]
    let others: Double = (32 * 3.3575 - known.reduce(0, +)) / 28
    let shares = allocation.mapped(known + Array(repeating: others, count: 28))
    let sizes = Array(repeating: 1.0, count: 32)
    let parts = try #require(Apportionment.parts(of: 0.7, by: shares, sizes: sizes, most: 0.95))
    let expected = [0.568, 0.5704, 0.852, 0.7317]
    #expect(zip(parts, expected).allSatisfy { abs($0 - $1) < 5e-4 }, "\(parts.prefix(4))")
    let mean: Double = parts.reduce(0, +) / 32
    #expect(abs(mean - 0.7) < 1e-15)
    // 80 % with ε = 0.3 would be more than all of a block.
    allocation.epsilon = 0.3
    let wider = allocation.mapped(known + Array(repeating: others, count: 28))
    let free = try #require(Apportionment.parts(of: 0.8, by: wider, sizes: sizes, most: 2))
    #expect(abs((free.max() ?? 0) - 1.0625) < 1e-3)
    let clipped = try #require(Apportionment.parts(of: 0.8, by: wider, sizes: sizes, most: 0.95))
    let clippedMean: Double = clipped.reduce(0, +) / 32
    #expect(clipped.max() == 0.95 && abs(clippedMean - 0.8) < 1e-15)
  }

  @Test func sharesGrowWithExponents() throws {
    let exponents = [3.1, 2.0, 6.5, 2.0, 4.4]
    let shares = AlphaPruning().mapped(exponents)
    for (one, share) in zip(exponents, shares) {
      for (other, beside) in zip(exponents, shares) { #expect((one < other) == (share < beside)) }
    }
    #expect(shares.min() == 0.7 && abs((shares.max() ?? 0) - 1.3) < 1e-15)
    #expect(AlphaPruning().mapped([2, 2, 2]) == [1, 1, 1])
    #expect(AlphaPruning().mapped([]) == [])
  }
}
