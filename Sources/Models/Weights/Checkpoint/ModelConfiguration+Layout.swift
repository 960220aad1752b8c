import BillhookFiles

extension ModelConfiguration {
  /// The configuration with the names that the files of an image model have for its text model; itself
  /// for a text model alone.
  ///
  /// - Throws: `FileError` when the files cannot be read, or hold no text model.
  func named(asIn directory: ModelDirectory) throws -> ModelConfiguration {
    guard let tower else { return self }
    let tensors = try CheckpointFiles.byTensor(in: directory)
    let layouts: [TensorNames.Layout] = [.underPrefix, .ofModules]
    let embedding = names.name(of: .embedding, at: nil)
    guard let layout = layouts.first(where: { tensors[$0.name(embedding)] != nil }) else {
      let expected = layouts.map { $0.name(embedding) }.joined(separator: " nor ")
      throw FileError(
        directory.path,
        "holds neither \(expected), one of which \(tower.architecture.withArticle) has"
      )
    }
    var configuration = self
    configuration.layout = layout
    configuration.names = names.inside(layout)
    // Where the configuration does not say whether the table is shared, transformers goes by the files.
    let head = configuration.names.name(of: .head, at: nil)
    if !namesTie, tensors[head] != nil { configuration.tiesEmbeddings = false }
    return configuration
  }
}
