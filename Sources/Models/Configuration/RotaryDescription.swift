/// A rotary position embedding: which channels of a head are rotated, and how fast.
///
/// Source: Su et al., RoFormer, 2021, arXiv 2104.09864, section 3.2.2.
public struct RotaryDescription: Sendable, Hashable {
  /// The base that the channel pairs' wavelengths are powers of.
  public var base: Double
  /// The share of a head's channels that is rotated, counted from the first; the others stay as
  /// they are.
  public var share: Double
  /// How the wavelengths are changed for longer texts.
  public var scaling: Scaling

  /// Describes a rotary embedding.
  public init(base: Double, share: Double = 1, scaling: Scaling = .none) {
    self.base = base
    self.share = share
    self.scaling = scaling
  }

  /// A change of the wavelengths, named as in transformers.
  public enum Scaling: Sendable, Hashable {
    /// The wavelengths are unchanged.
    case none
    /// All wavelengths are longer by a factor: Chen et al., Position Interpolation, 2023, arXiv
    /// 2306.15595.
    case linear(factor: Double)
    /// The base grows with texts longer than `length` tokens (NTK-aware scaling).
    case dynamic(factor: Double, length: Int)
    /// Long wavelengths are longer by a factor, with a smooth transition (Llama 3.1).
    case llama3(factor: Double, lowFrequency: Double, highFrequency: Double, length: Int)
    /// Peng et al., YaRN, 2023, arXiv 2309.00071, section 3.
    case yarn(YaRN)
    /// Ding et al., LongRoPE, 2024, arXiv 2402.13753: a factor for each pair of channels, another
    /// set of them for texts longer than `length` tokens.
    case longrope(short: [Double], long: [Double], length: Int, attentionFactor: Double)
  }

  /// The parameters of YaRN.
  public struct YaRN: Sendable, Hashable {
    /// How much longer the longest wavelengths get.
    public var factor: Double
    /// What cosines and sines are multiplied by, so that attention keeps its temperature.
    public var attentionFactor: Double
    /// The number of rotations within `length` tokens above which a wavelength stays as it is.
    public var fastRotations: Double
    /// The number of rotations within `length` tokens below which a wavelength is longer by the whole
    /// factor.
    public var slowRotations: Double
    /// Whether the limits between the two are rounded to whole channels.
    public var truncates: Bool
    /// The length in tokens of the texts that the model was first trained on.
    public var length: Int
  }

  /// Whether texts of both lengths have the same frequencies.
  public func sharesFrequencies(_ tokens: Int, _ others: Int) -> Bool {
    frequencyLength(of: tokens) == frequencyLength(of: others)
  }

  /// The number of channels of a head that are rotated.
  public func channels(of headSize: Int) -> Int { Int(Double(headSize) * min(share, 1)) }
}
