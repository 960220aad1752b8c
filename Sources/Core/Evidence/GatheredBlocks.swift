import BillhookTorch

/// What a pass over blocks has gathered so far, as named tensors that can be written to a file:
/// what was made of finished blocks, and what observations of the current one left behind.
final class GatheredBlocks<Observation> {
  /// The evidence that is being gathered in the current block.
  let gatherings: [Gathering<Observation>]
  /// What was made of finished blocks, by their numbers.
  var made: [Int: [String: Tensor]] = [:]

  /// A pass that has observed nothing yet.
  init(_ gatherings: [Gathering<Observation>]) { self.gatherings = gatherings }

  /// All that was gathered, by names of its own.
  func tensors() throws -> [String: Tensor] {
    var all: [String: Tensor] = [:]
    for (block, tensors) in made {
      // An entry that shows that the block is finished, even where nothing was made of it.
      all["made/\(block)/"] = try Tensor([block])
      for (name, tensor) in tensors { all["made/\(block)/\(name)"] = tensor }
    }
    for (index, gathering) in gatherings.enumerated() {
      guard let tensors = try gathering.partial() else { continue }
      for (name, tensor) in tensors { all["observed/\(index)/\(name)"] = tensor }
    }
    return all
  }

  /// Forgets all that was gathered.
  func forget() {
    for gathering in gatherings { gathering.forget() }
    made = [:]
  }

  /// Restores what `tensors` gave.
  ///
  /// - Throws: `BundleError` for tensors that `tensors` did not give.
  func restore(_ tensors: [String: Tensor]) throws {
    var made: [Int: [String: Tensor]] = [:]
    var observed: [Int: [String: Tensor]] = [:]
    for (name, tensor) in tensors {
      let words = name.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
      guard words.count == 3, let number = Int(words[1]) else {
        throw BundleError("the tensor `\(name)` belongs to nothing that was gathered")
      }
      switch words[0] {
      case "made" where words[2].isEmpty: made[number, default: [:]].merge([:]) { $1 }
      case "made": made[number, default: [:]][String(words[2])] = tensor
      case "observed" where gatherings.indices.contains(number):
        observed[number, default: [:]][String(words[2])] = tensor
      default: throw BundleError("the tensor `\(name)` belongs to nothing that was gathered")
      }
    }
    do {
      for (index, tensors) in observed { try gatherings[index].take(partial: tensors) }
    } catch {
      forget()
      throw error
    }
    self.made = made
  }
}
