import BillhookTorch

/// What a pass over blocks has gathered so far, as named tensors that can be written down: what was made
/// of the blocks that are over, and what observations of the one at hand left behind.
final class GatheredBlocks<Observation> {
  /// What evidence is being gathered in the block at hand.
  let gatherings: [Gathering<Observation>]
  /// What was made of the blocks that are over, by their numbers.
  var made: [Int: [String: Tensor]] = [:]

  /// Nothing was observed yet.
  init(_ gatherings: [Gathering<Observation>]) { self.gatherings = gatherings }

  /// All of it.
  func tensors() throws -> [String: Tensor] {
    var all: [String: Tensor] = [:]
    for (block, tensors) in made {
      // So that it shows that a block is over, even where nothing was made of it.
      all["made/\(block)/"] = try Tensor([block])
      for (name, tensor) in tensors { all["made/\(block)/\(name)"] = tensor }
    }
    for (index, gathering) in gatherings.enumerated() {
      guard let tensors = try gathering.partial() else { continue }
      for (name, tensor) in tensors { all["observed/\(index)/\(name)"] = tensor }
    }
    return all
  }

  /// Begins anew.
  func forget() {
    for gathering in gatherings { gathering.forget() }
    made = [:]
  }

  /// Puts back what `tensors` gave.
  ///
  /// - Throws: `BundleError` when it is something else.
  func restore(_ tensors: [String: Tensor]) throws {
    var made: [Int: [String: Tensor]] = [:]
    var observed: [Int: [String: Tensor]] = [:]
    for (name, tensor) in tensors {
      let words = name.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
      guard words.count == 3, let number = Int(words[1]) else {
        throw BundleError("the tensor `\(name)` is of nothing that was gathered")
      }
      switch words[0] {
      case "made" where words[2].isEmpty: made[number, default: [:]].merge([:]) { $1 }
      case "made": made[number, default: [:]][String(words[2])] = tensor
      case "observed" where gatherings.indices.contains(number):
        observed[number, default: [:]][String(words[2])] = tensor
      default: throw BundleError("the tensor `\(name)` is of nothing that was gathered")
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
