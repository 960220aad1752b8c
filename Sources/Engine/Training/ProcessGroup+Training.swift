import BillhookFiles
import BillhookTorch

extension ProcessGroup {
  /// Adds up the gradients of some tensors over all processes; a tensor that has none anywhere stays so.
  ///
  /// The sums are the same bits in all processes, so that their copies of the values stay the same.
  func sumGradients(of tensors: [TrainedTensor]) throws {
    let counts = try Tensor(tensors.map { $0.gradient == nil ? 0 : 1 })
    try sum([counts])
    let summed = try zip(tensors, counts.integers()).filter { $0.1 > 0 }.map(\.0)
    for tensor in summed where tensor.gradient == nil {
      tensor.gradient = try Tensor.zeros(tensor.value.shape, device: tensor.value.device)
    }
    try sum(summed.compactMap(\.gradient))
  }

  /// Refuses values that are not the same bits in all processes, which those of different processors
  /// may become.
  func requireSame(_ tensors: [TrainedTensor]) throws {
    guard size > 1 else { return }
    var sum = Checksum()
    for tensor in tensors { try tensor.value.withBytes { sum.take($0) } }
    try meet(at: "trained values with the checksum \(sum.hex)")
  }
}
