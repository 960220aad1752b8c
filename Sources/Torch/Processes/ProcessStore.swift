import CTorch

/// What processes find each other by: c10d's store of keys, in one process and reached from all others.
public final class ProcessStore: @unchecked Sendable {
  let handle: ct_store
  /// The port that it is reached at.
  public let port: Int

  /// Whether this build can form groups of several processes.
  public static var isAvailable: Bool { ct_has_processes() }

  /// The store itself, or a client of one.
  ///
  /// - Parameters:
  ///   - host: The address.
  ///   - port: The port; 0 for any that is free, where the store is served.
  ///   - serves: Whether it is served here.
  ///   - seconds: How long other processes are waited for.
  /// - Throws: `TorchError` when the port is taken, when nobody serves there, and where this build has no
  ///   support for several processes.
  public init(host: String, port: Int, serves: Bool, seconds: Int = 300) throws(TorchError) {
    var store: ct_store?
    var found: Int32 = 0
    try call("process store at \(host):\(port)") {
      ct_store_new(host, Int32(clamping: port), serves, Int64(seconds) * 1000, &store, &found)
    }
    guard let store else {
      throw TorchError(operation: "process store", message: "libtorch gave no store back")
    }
    handle = store
    self.port = Int(found)
  }

  deinit { ct_store_free(handle) }
}
