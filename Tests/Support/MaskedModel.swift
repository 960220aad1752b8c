public import BillhookCore

extension LanguageModel {
  /// The model with two of four neighbours in each row of some projections held at zero by a mask, in
  /// memory: element (r, c) stays where (r + c) mod 4 is 0 or 1.
  public func masked(_ roles: Set<WeightRole>) throws -> LanguageModel {
    var sparse: [WeightID: Tensor] = [:]
    for (id, shape) in configuration.allWeights
    where id.role.kind == .projection && roles.contains(id.role) {
      sparse[id] = try weights.stored(id).keeping(Self.kept(shape))
    }
    return live(replacing: sparse).takingZerosForMasks
  }

  /// Which elements of a matrix of this shape stay.
  private static func kept(_ shape: [Int]) throws -> Tensor {
    let stays = (0..<shape[0] * shape[1]).map { ($0 / shape[1] + $0 % shape[1]) % 4 < 2 }
    return try Tensor(stays.map { $0 ? 1 : 0 } as [Float], shape: shape).to(.bool)
  }

  /// The masked weights whose zeros are not exactly those of another model's masks, all of them +0.
  public func brokenMasks(of sparse: LanguageModel) throws -> [WeightID] {
    try sparse.maskedProjections().filter { id in
      guard let mask = try sparse.weights.mask(id) else { return true }
      let tensor = try weights.stored(id)
      let zeros = try (tensor .== 0).to(.uint8)
      return try !zeros.hasSameBytes(as: (.!mask).to(.uint8))
        || !tensor.hasSameBytes(as: tensor.keeping(mask))
    }
  }
}
