import BillhookEngine

/// What went wrong in a plugin: which one it was, and what it was busy with.
public struct PluginError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The plugin's kind and name, with the parameters that were set.
  public let plugin: String
  /// What it was busy with, such as a unit, a weight or a file; nil for nothing in particular.
  public let place: String?
  /// What is wrong.
  public let message: String
  /// How a mask that the plugin gave is not what it was asked for; nil for every other error.
  package let refusal: MaskRefusal?

  /// An error of a plugin.
  init(
    _ plugin: some Plugin,
    at place: String? = nil,
    _ message: String,
    refusing refusal: MaskRefusal? = nil
  ) {
    self.plugin = plugin.label
    self.place = place
    self.message = message
    self.refusal = refusal
  }

  /// The whole error in one line.
  public var description: String { "\(plugin)\(place.map { ", \($0)" } ?? ""): \(message)" }
}

/// How a mask is not what was asked for.
package enum MaskRefusal: Sendable {
  /// It keeps more or less of a group than it should.
  case counts
  /// It brings back what was gone before.
  case returned
}

extension Plugin {
  /// What messages call it: its kind, and how it was set.
  var label: String { "\(Self.kind.noun) `\(shortSignature)`" }

  /// Asks the plugin for something, and puts its name to whatever it throws.
  ///
  /// - Parameters:
  ///   - place: What it is busy with; nil for nothing in particular.
  ///   - body: The call.
  /// - Returns: What the call gives.
  /// - Throws: `PluginError`; errors that name their plugin already, `BrokenWeight` (which is no
  ///   plugin's fault) and `Cancelled`, unchanged.
  package func answer<Answer>(
    at place: @autoclosure () -> String? = nil,
    _ body: () throws -> Answer
  ) throws -> Answer {
    do {
      return try body()
    } catch let error
      where error is Cancelled || error is PluginError || error is ScoreError
      || error is BrokenWeight
    {
      throw error
    } catch {
      throw PluginError(self, at: place(), "\(error)")
    }
  }
}
