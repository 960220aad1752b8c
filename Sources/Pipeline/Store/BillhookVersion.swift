/// The version of Billhook.
public enum BillhookVersion {
  /// The version of this build.
  public static let current = "0.1.0"
}
