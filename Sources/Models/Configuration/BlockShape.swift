/// The sizes of one block, which may differ from those of its neighbours.
public struct BlockShape: Sendable, Equatable {
  /// The block's number in the model as it was opened; it stays when others are removed.
  public let sourceIndex: Int
  /// The attention sub-layer; nil when it was removed.
  public var attention: AttentionShape?
  /// The MLP sub-layer; nil when it was removed.
  public var mlp: MLPShape?

  /// Describes a block.
  public init(sourceIndex: Int, attention: AttentionShape?, mlp: MLPShape?) {
    self.sourceIndex = sourceIndex
    self.attention = attention
    self.mlp = mlp
  }
}

/// The sizes of an MLP sub-layer: `down(activation(gate(x)) · up(x))`, or without a gate
/// `down(activation(up(x)))`.
public struct MLPShape: Sendable, Equatable {
  /// The number of channels between the up and the down projection.
  public var width: Int
  /// Whether its projections add biases.
  public var hasBias: Bool
  /// The activation function of the gate, or of the channels themselves where there is no gate.
  public var activation: Activation
  /// Whether the channels are multiplied by a gate.
  public var isGated = true
  /// Whether the hidden states are normalised before they are projected.
  public var hasInputNorm = true
  /// Whether the result is normalised before it is added to the hidden states (Gemma 2, OLMo 2).
  public var hasOutputNorm = false

  /// Describes an MLP sub-layer.
  public init(width: Int, hasBias: Bool = false, activation: Activation = .silu) {
    self.width = width
    self.hasBias = hasBias
    self.activation = activation
  }
}

/// The activation function of an MLP.
public enum Activation: Sendable, Hashable {
  /// `x · sigmoid(x)`.
  case silu
  /// `x · Φ(x)`, with the cumulative distribution function of the normal distribution.
  case gelu
  /// The approximation of `gelu` by a hyperbolic tangent.
  case geluTanh
  /// `max(x, 0)²`: So et al., Primer, 2021, arXiv 2109.08668, section 4.
  case squaredReLU
}
