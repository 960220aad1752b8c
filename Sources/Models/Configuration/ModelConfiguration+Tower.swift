extension ModelConfiguration {
  /// The class of the image model that this is the text model of; nil for a text model alone.
  public var imageModel: String? { tower?.architecture }

  /// The class of the whole model: of the image model, where this is the text model of one.
  var wholeArchitecture: String { imageModel ?? architecture }

  /// The name of the module in transformers that a tensor of the files is the weight of.
  func module(ofTensor name: String) -> String {
    let module = String(name.dropLast(".weight".count))
    let prefix = "language_model.model."
    guard layout == .underPrefix, module.hasPrefix(prefix) else { return module }
    return "model.language_model.\(module.dropFirst(prefix.count))"
  }
}
