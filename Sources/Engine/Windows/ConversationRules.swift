public import BillhookJinja

/// How windows are made of conversations.
public struct ConversationRules: Sendable, Equatable {
  /// Which tokens count in the loss.
  public enum Loss: String, Sendable, CaseIterable {
    /// Those of the assistant's messages, with what ends them.
    case answers
    /// All but the first.
    case all
  }

  /// What becomes of conversations that are longer than a window.
  public enum Excess: String, Sendable, CaseIterable {
    /// They lose their end.
    case cut
    /// They are left out.
    case drop
  }

  /// Which tokens count in the loss.
  public var loss = Loss.answers
  /// What becomes of conversations that are longer than a window.
  public var excess = Excess.cut
  /// Whether a window holds as many conversations as have room in it.
  public var packs = false
  /// The file with another template than the model's; nil for the model's.
  public var template: String?
  /// The time that templates are told; nil for none.
  public var time: JinjaTime?

  /// Makes the defaults.
  public init() {}
}
