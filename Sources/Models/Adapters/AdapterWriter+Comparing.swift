import BillhookFiles

extension AdapterWriter {
  /// How an adapter in a directory differs from every one that would be written there, whatever its numbers
  /// are; nil where it may be that very one.
  ///
  /// - Parameters:
  ///   - directory: The directory.
  ///   - roles: The projections that have updates.
  ///   - fused: Whether projections that the model keeps in one tensor share their first matrix.
  ///   - bases: The directories of which one may be named as the model that the updates belong to; an adapter
  ///     may name none as well.
  ///   - comparesShapes: Whether the model has the shapes that it will have.
  /// - Returns: What is different, in words.
  package func difference(
    to directory: String,
    of roles: Set<WeightRole>,
    fused: Bool,
    bases: Set<String>,
    comparesShapes: Bool = true
  ) -> String? {
    guard let bytes = try? FileSystem.read("\(directory)/adapter_config.json"),
      let found = try? JSON(parsing: bytes)
    else { return "its adapter_config.json cannot be read" }
    let planned = planned(roles, fused: fused)
    let base = "base_model_name_or_path"
    let own = configuration(planned.targets.sorted(), planned.wide, base: nil)
    let keys = (own.members ?? []).map(\.key) + (found.members ?? []).map(\.key)
    let other = keys.first { $0 != base && own[$0] != found[$0] }
    if let other {
      func text(_ json: JSON?) -> String { json?.text(indent: nil).shown(atMost: 80) ?? "missing" }
      return "`\(other)` is \(text(found[other])) there, and would be \(text(own[other]))"
    }
    if let named = found[base]?.string, !bases.contains(named) {
      return "it is for \(named.shown(atMost: 200))"
    }
    guard comparesShapes else { return nil }
    guard let file = try? SafetensorsFile("\(directory)/adapter_model.safetensors") else {
      return "its adapter_model.safetensors cannot be read"
    }
    let names = Set(file.names).union(planned.shapes.keys).sorted()
    guard let name = names.first(where: { file.shape(of: $0) != planned.shapes[$0] }) else {
      return nil
    }
    func text(_ shape: [Int]?) -> String { shape.map { "\($0)" } ?? "missing" }
    return
      "\(name) is \(text(file.shape(of: name))) there, and would be \(text(planned.shapes[name]))"
  }

  /// What would be written: the names of modules, how many ranks those of several weights have, and the shape
  /// of each tensor.
  private func planned(
    _ roles: Set<WeightRole>,
    fused: Bool
  ) -> (targets: Set<String>, wide: [String: Int], shapes: [String: [Int]]) {
    let positions = model.positions
    var planned = (targets: Set<String>(), wide: [String: Int](), shapes: [String: [Int]]())
    for stored in model.configuration.tensors(position: { positions[$0] }) {
      let parts = stored.parts.filter { roles.contains($0.id.role) }
      guard !parts.isEmpty else { continue }
      let module = model.configuration.module(ofTensor: stored.name)
      let target = module.split(separator: ".").last.map(String.init) ?? module
      let count = fused ? 1 : parts.count
      planned.targets.insert(target)
      if count > 1 { planned.wide[target] = count }
      let prefix = "base_model.model.\(module)"
      planned.shapes["\(prefix).lora_A.weight"] = [settings.rank * count, stored.shape[1]]
      planned.shapes["\(prefix).lora_B.weight"] = [stored.shape[0], settings.rank * count]
    }
    return planned
  }
}
