import BillhookFiles

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension RotaryReader {
  /// Reads the parameters of YaRN; one that the file leaves out has its value in the paper.
  func yarn(
    _ object: ConfigurationReader,
    _ rotary: RotaryDescription
  ) throws(FileError) -> RotaryDescription.YaRN {
    guard rotary.base > 1 else {
      throw object.error("rope_theta", "yarn needs a base above 1, found \(rotary.base)")
    }
    let length = try length(object)
    let ratio = Double(try maximum()) / Double(length)
    let factor = try object.optionalPositive("factor") ?? ratio
    let scale = try object.positiveUnlessZero("mscale")
    let scaleOfAll = try object.positiveUnlessZero("mscale_all_dim")
    let written = try object.optionalPositive("attention_factor")
    return RotaryDescription.YaRN(
      factor: factor,
      attentionFactor: written
        ?? {
          guard let scale, let scaleOfAll else { return Self.temperature(factor, 1) }
          return Self.temperature(factor, scale) / Self.temperature(factor, scaleOfAll)
        }(),
      fastRotations: try object.positiveUnlessZero("beta_fast") ?? 32,
      slowRotations: try object.positiveUnlessZero("beta_slow") ?? 1,
      truncates: try object.flag("truncate", default: true),
      length: length
    )
  }

  /// Peng et al., YaRN, 2023, equation 22.
  private static func temperature(_ factor: Double, _ scale: Double) -> Double {
    factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
  }

  /// Reads the parameters of LongRoPE.
  func longrope(
    _ object: ConfigurationReader,
    pairs: Int
  ) throws(FileError) -> RotaryDescription.Scaling {
    let length = try length(object)
    let ratio = Double(try maximum()) / Double(length)
    let factor = try object.optionalPositive("factor") ?? ratio
    let written = try object.optionalPositive("attention_factor")
    guard length > 1 else {
      throw object.error("original_max_position_embeddings", "expected more than 1, found 1")
    }
    let derived = factor <= 1 ? 1 : (1 + log(factor) / log(Double(length))).squareRoot()
    return .longrope(
      short: try object.positives("short_factor", count: pairs),
      long: try object.positives("long_factor", count: pairs),
      length: length,
      attentionFactor: written ?? derived
    )
  }
}
