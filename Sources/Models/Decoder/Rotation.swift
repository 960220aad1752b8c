import BillhookTorch

/// Cosines and sines that rotate queries and keys by their positions: two tables of one row for
/// each token, `[tokens, channels]`, or `[batch, 1, tokens, channels]` for texts of different
/// lengths, or several of them in a row.
///
/// Source: Su et al., RoFormer, 2021, arXiv 2104.09864, section 3.4.2. Channel `i` is paired with
/// channel `i + channels/2`, as in transformers. The sines of the first half are stored negated, so
/// that rotating is `x · cosines + (x with its halves exchanged) · sines`.
struct Rotation {
  private let cosines: Tensor
  private let sines: Tensor
  private let channels: Int

  /// The tables for some columns, computed in f32 and rounded to `dtype`.
  init(
    _ description: RotaryDescription,
    headSize: Int,
    _ span: Span,
    dtype: DType,
    device: Device
  ) throws(TorchError) {
    channels = description.channels(of: headSize)
    /// The angles of positions `[positions, channels]` in a text that ends with them.
    func angles(_ positions: Range<Int>) throws(TorchError) -> Tensor {
      let frequencies = try Tensor(
        description.frequencies(headSize: headSize, tokens: positions.upperBound)
      )
      let places = try Tensor.arange(
        from: Double(positions.lowerBound),
        to: Double(positions.upperBound)
      )
      let half = try places.unsqueezed(1) * frequencies
      return try Tensor.joined([half, half], along: 1)
    }
    var rows: [Tensor] = []
    if span.texts.isEmpty {
      for padding in span.padding.isEmpty ? [0] : span.padding {
        // An empty column has no position; it gets an arbitrary one, which nothing uses.
        rows.append(try angles(span.start - padding..<span.end - padding))
      }
    } else {
      for texts in span.texts {
        var parts: [Tensor] = []
        for length in texts { parts.append(try angles(0..<length)) }
        rows.append(try Tensor.joined(parts, along: 0))
      }
    }
    if !span.isAlike {
      rows = try rows.map { (row) throws(TorchError) in
        try row.unsqueezed(0).unsqueezed(0)
      }
    }
    let angles = rows.count == 1 ? rows[0] : try Tensor.joined(rows, along: 0)
    let factor = description.attentionFactor
    cosines = try (angles.cos() * factor).to(dtype, device: device)
    let signs = try Tensor(Self.signs(channels)) * factor
    sines = try (angles.sin() * signs).to(dtype, device: device)
  }

  /// Rotates `[batch, heads, tokens, head]` by position.
  func applied(to states: Tensor) throws(TorchError) -> Tensor {
    let headSize = states.shape[3]
    guard channels < headSize else { return try rotated(states) }
    let rest = try states.narrowed(3, to: channels..<headSize)
    return try Tensor.joined([rotated(states.narrowed(3, to: 0..<channels)), rest], along: 3)
  }

  private func rotated(_ states: Tensor) throws(TorchError) -> Tensor {
    try states * cosines + states.rolled(3, by: channels / 2) * sines
  }

  /// The tables for some of the columns, of texts without empty columns.
  func narrowed(to columns: Range<Int>) throws(TorchError) -> Rotation {
    let dimension = cosines.shape.count - 2
    return Rotation(
      cosines: try cosines.narrowed(dimension, to: columns),
      sines: try sines.narrowed(dimension, to: columns),
      channels: channels
    )
  }

  private init(cosines: Tensor, sines: Tensor, channels: Int) {
    self.cosines = cosines
    self.sines = sines
    self.channels = channels
  }

  private static func signs(_ channels: Int) -> [Float] {
    (0..<channels).map { $0 < channels / 2 ? -1 : 1 }
  }
}
