/// The version of Billhook.
package enum BillhookVersion {
  /// The version of this build.
  package static let current = "0.1.0"
}
