import BillhookCore

/// Random numbers from one seed, as they are needed.
final class RandomDraws {
  private let generator: Generator
  /// Uniform numbers that were drawn together and not used yet, the next one last.
  private var uniform: [Double] = []

  init(_ seed: RandomSeed) throws {
    generator = try Generator(seed: seed.value)
  }

  /// A number from 0 up to, but not including, 1.
  func number() throws -> Double {
    if uniform.isEmpty { uniform = try numbers(256).reversed() }
    return uniform.removeLast()
  }

  /// So many of them.
  func numbers(_ count: Int) throws -> [Double] {
    try generator.uniform([count], dtype: .float64).doubles()
  }

  /// Whether something happens that has a probability.
  func happens(_ probability: Double) throws -> Bool { try number() < probability }

  /// A whole number of a range.
  func integer(in range: ClosedRange<Int>) throws -> Int {
    range.lowerBound + min(range.count - 1, Int(try number() * Double(range.count)))
  }

  /// An element of a list that is not empty.
  func element<Element>(of list: [Element]) throws -> Element {
    list[try integer(in: 0...list.count - 1)]
  }

  /// The elements of a list in random order.
  func shuffled<Element>(_ list: [Element]) throws -> [Element] {
    guard list.count > 1 else { return list }
    return try generator.permutation(of: list.count).integers().map { list[$0] }
  }
}
