import BillhookFiles

extension AdapterConfiguration {
  /// A remark for an adapter that names another base than the model that it is merged into.
  ///
  /// Names are compared in lower case and without folders, with every name that a directory has for
  /// itself: a downloaded model keeps its name in one of them.
  func remark(onBaseOf model: ModelDirectory) -> String? {
    guard let base, let wanted = Self.lastName(of: base) else { return nil }
    let own = model.names.compactMap(Self.lastName)
    guard !own.isEmpty, !own.contains(wanted) else { return nil }
    return "\(path): the adapter was made for \(base.shown(atMost: 200)), and it is merged into "
      + "\(model.path)"
  }

  /// A remark for an adapter that changes only the first blocks of the model, as an adapter for a
  /// model with fewer blocks does.
  func remark(onBlocks places: Set<Int>, of model: LanguageModel) -> String? {
    let (count, reached) = (model.blocks.count, places.count)
    guard !choosesBlocks, reached > 1, reached < count, places == Set(0..<reached) else {
      return nil
    }
    return
      "\(path): the adapter changes blocks 0 to \(reached - 1) of \(count); it may be made for a "
      + "model with \(reached) blocks"
  }

  private static func lastName(of path: String) -> String? {
    path.split(separator: "/").last?.lowercased()
  }
}

extension ModelDirectory {
  /// The model's names for itself: its folder, its repository in the Hugging Face cache, and what
  /// transformers noted when it wrote the configuration.
  var names: [String] {
    let folders = FileSystem.resolved(path).split(separator: "/").map(String.init)
    let repository = folders.last { $0.hasPrefix("models--") }
    let cached = repository?.split(separator: "--").last.map(String.init)
    let noted = (try? configurationText.json)?["_name_or_path"]?.string
    return [path, folders.last, cached, noted].compactMap { $0 }
  }
}
