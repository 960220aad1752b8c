/// A tensor of a file: one weight, or several of the same width stacked by rows.
struct StoredTensor {
  /// The weights in the tensor, in the order of their rows.
  let parts: [(id: WeightID, shape: [Int])]
  /// The tensor's name.
  let name: String

  /// The shape of the whole tensor.
  var shape: [Int] {
    [parts.reduce(0) { $0 + $1.shape[0] }] + parts[0].shape.dropFirst()
  }

  /// The rows of each part.
  var rows: [Range<Int>] {
    var start = 0
    return parts.map { part in
      defer { start += part.shape[0] }
      return start..<start + part.shape[0]
    }
  }
}

extension ModelConfiguration {
  /// The tensors that hold the weights, in order, in a file whose block numbers `position` gives.
  func tensors(position: (_ block: Int) -> Int?) -> [StoredTensor] {
    var order: [String] = []
    var parts: [String: [(id: WeightID, shape: [Int])]] = [:]
    for weight in allWeights {
      let name = names.name(of: weight.id.role, at: weight.id.block.flatMap(position))
      if parts[name] == nil { order.append(name) }
      parts[name, default: []].append(weight)
    }
    return order.map { StoredTensor(parts: parts[$0] ?? [], name: $0) }
  }
}

extension ModelConfiguration {
  /// The projections that share a tensor in the files, grouped by tensor.
  public var fusedProjections: [[WeightID]] {
    tensors { $0 }.map { $0.parts.map(\.id) }
      .filter { $0.count > 1 && $0[0].role.kind == .projection }
  }
}
