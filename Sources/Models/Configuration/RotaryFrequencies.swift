import BillhookTorch

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension RotaryDescription {
  /// What cosines and sines are multiplied by.
  var attentionFactor: Double {
    switch scaling {
    case .yarn(let yarn): yarn.attentionFactor
    case .longrope(_, _, _, let factor): factor
    default: 1
    }
  }

  /// The length for which the frequencies of a text of this many tokens are computed; texts with
  /// the same result have the same frequencies.
  func frequencyLength(of tokens: Int) -> Int {
    switch scaling {
    case .dynamic(_, let length): max(tokens, length)
    case .longrope(_, _, let length, _): tokens > length ? length + 1 : length
    default: 0
    }
  }

  /// The angle between neighbouring positions, in radians, for each pair of rotated channels.
  ///
  /// Computed in f32, with the operations of transformers in the same order: at high positions the
  /// last bit of a frequency matters to the angle.
  func frequencies(headSize: Int, tokens: Int) throws(TorchError) -> [Float] {
    let channels = channels(of: headSize)
    func wavelengths(_ base: Double) throws(TorchError) -> [Float] {
      let exponents =
        try Tensor.arange(to: Double(channels), by: 2) / Tensor([Float(channels)])
      return try Tensor.pow(base, exponents).floats()
    }
    switch scaling {
    case .none:
      return try wavelengths(base).map { 1 / $0 }
    case .linear(let factor):
      return try wavelengths(base).map { 1 / $0 / Float(factor) }
    case .dynamic(let factor, let length):
      let longer = Float(factor) * Float(max(tokens, length)) / Float(length) - Float(factor - 1)
      let power = powf(longer, Float(Double(channels) / Double(channels - 2)))
      return try wavelengths(Double(Float(base) * power)).map { 1 / $0 }
    case .llama3(let factor, let low, let high, let length):
      return try wavelengths(base).map {
        Self.llama3(1 / $0, Float(factor), low: low, high: high, length: Double(length))
      }
    case .yarn(let yarn):
      return Self.yarn(try wavelengths(base), yarn, base: base, channels: channels)
    case .longrope(let short, let long, let length, _):
      let factors = tokens > length ? long : short
      return try zip(wavelengths(base), factors).map { 1 / (Float($1) * $0) }
    }
  }

  private static func llama3(
    _ frequency: Float,
    _ factor: Float,
    low: Double,
    high: Double,
    length: Double
  ) -> Float {
    let wavelength = Float(2 * Double.pi) / frequency
    if wavelength > Float(length / low) { return frequency / factor }
    if wavelength < Float(length / high) { return frequency }
    let smooth = (Float(length) / wavelength - Float(low)) / Float(high - low)
    return (1 - smooth) * frequency / factor + smooth * frequency
  }

  private static func yarn(
    _ wavelengths: [Float],
    _ yarn: YaRN,
    base: Double,
    channels: Int
  ) -> [Float] {
    /// The index, as a fraction, of the pair of channels that makes this many rotations within the
    /// text.
    func pair(rotating count: Double) -> Double {
      Double(channels) * log(Double(yarn.length) / (count * 2 * .pi)) / (2 * log(base))
    }
    let (first, last) = (pair(rotating: yarn.fastRotations), pair(rotating: yarn.slowRotations))
    let low = max(yarn.truncates ? first.rounded(.down) : first, 0)
    var high = min(yarn.truncates ? last.rounded(.up) : last, Double(channels - 1))
    if low == high { high += 0.001 }
    return wavelengths.enumerated().map { pair, wavelength in
      let ramp = min(max((Float(pair) - Float(low)) / Float(high - low), 0), 1)
      let kept = 1 - ramp
      return 1 / (Float(yarn.factor) * wavelength) * (1 - kept) + 1 / wavelength * kept
    }
  }
}
