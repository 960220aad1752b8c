import BillhookCore

/// Which of several processes this is, as torchrun and `--processes` say in the environment.
struct ProcessEnvironment {
  /// The number of this process among all.
  let rank: Int
  /// The number of all processes.
  let size: Int
  /// The number of processes on this machine.
  let localSize: Int
  /// The number of this process among those on this machine; nil where nobody says.
  let localRank: Int?
  /// Where they find each other.
  let host: String
  let port: Int
  /// Whether somebody else serves the store there: the agent of torchrun, or the process that started
  /// this one.
  let isServed: Bool
  /// What distinguishes the group in the store.
  let prefix: String
  /// Whether `--processes` of another process started this one.
  let isChild: Bool

  /// Why the environment cannot be followed.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// The variable by which a process knows that `--processes` started it.
  static let childVariable = "BILLHOOK_CHILD"

  /// Reads the environment; nil where this process is alone.
  ///
  /// - Throws: `Problem` for variables that are missing, or are no numbers.
  init?(_ variables: [String: String]) throws(Problem) {
    guard let rank = variables["RANK"], let size = variables["WORLD_SIZE"], size != "1" else {
      return nil
    }
    func number(_ name: String, _ text: String?, _ range: ClosedRange<Int>) throws(Problem) -> Int {
      guard let text else {
        throw Problem(
          description:
            "RANK and WORLD_SIZE say that this is one of several processes, and \(name) is "
            + "missing; start them by torchrun, or unset RANK and WORLD_SIZE"
        )
      }
      guard let number = Int(text), range.contains(number) else {
        throw Problem(
          description: "expected \(name) from \(range.lowerBound) to \(range.upperBound), found "
            + text
        )
      }
      return number
    }
    self.size = try number("WORLD_SIZE", size, 1...65_536)
    self.rank = try number("RANK", rank, 0...self.size - 1)
    guard let host = variables["MASTER_ADDR"], !host.isEmpty else {
      throw Problem(
        description:
          "RANK and WORLD_SIZE say that this is one of several processes, and MASTER_ADDR is "
          + "missing; start them by torchrun, or unset RANK and WORLD_SIZE"
      )
    }
    self.host = host
    port = try number("MASTER_PORT", variables["MASTER_PORT"], 1...65_535)
    localSize = try number("LOCAL_WORLD_SIZE", variables["LOCAL_WORLD_SIZE"] ?? "1", 1...self.size)
    let here = localSize == self.size ? rank : localSize == 1 ? "0" : nil
    if let local = variables["LOCAL_RANK"] ?? here {
      localRank = try number("LOCAL_RANK", local, 0...localSize - 1)
    } else {
      localRank = nil
    }
    isChild = variables[Self.childVariable] != nil
    isServed = isChild || variables["TORCHELASTIC_USE_AGENT_STORE"] == "True"
    prefix = Self.prefix(of: self.size, attempt: variables["TORCHELASTIC_RESTART_COUNT"])
  }

  /// What distinguishes a group of some processes in the store, by torchrun's count of its attempts.
  static func prefix(of size: Int, attempt: String? = nil) -> String {
    "billhook/\(size)/\(attempt ?? "0")"
  }

  /// How processes reach each other: by the interface that `GLOO_SOCKET_IFNAME` names; by the loopback
  /// where all are on this machine; else by the machine's name.
  static func interface(
    _ variables: [String: String],
    isLocal: Bool
  ) -> ProcessGroup.Interface {
    if let name = variables["GLOO_SOCKET_IFNAME"]?.split(separator: ",").first {
      return .named(String(name))
    }
    return isLocal ? .host("127.0.0.1") : .ofMachine
  }
}
