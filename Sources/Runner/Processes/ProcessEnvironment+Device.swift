import BillhookCore

extension ProcessEnvironment {
  /// The device of one of some processes: of those on a machine each has an NVIDIA GPU of its own, counted
  /// from the one that `--device` names.
  ///
  /// - Parameters:
  ///   - size: The number of processes.
  ///   - first: What `--device` names.
  ///   - variables: The environment, which says which of them this is.
  /// - Returns: The device.
  /// - Throws: `DataError` for a device that processes cannot share, and where nobody says which of those on
  ///   the machine this is; `Problem` for an environment that cannot be followed.
  static func device(
    ofOneOf size: Int,
    from first: Device,
    _ variables: [String: String]
  ) throws -> Device {
    guard size > 1, first != .cpu else { return first }
    guard case .cuda(let number) = first else {
      throw DataError(
        "several processes compute on the CPU or on NVIDIA GPUs; leave out --device \(first), or run one "
          + "process"
      )
    }
    // Process 0 of `--processes` has an environment that says nothing of it.
    guard let rank = try ProcessEnvironment(variables).map(\.localRank) ?? 0 else {
      throw DataError(
        "LOCAL_RANK is missing, which says which GPU of a machine each process takes; start the processes "
          + "by torchrun, or set it"
      )
    }
    return .cuda(number + rank)
  }
}
