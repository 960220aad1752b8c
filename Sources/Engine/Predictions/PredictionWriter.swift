import BillhookFiles
import BillhookModels
import BillhookTorch

/// Writes what a model predicts at each target of a token set.
struct PredictionWriter {
  private let tokens: SafetensorsRows
  private let logProbabilities: SafetensorsRows

  /// Creates the files in a folder, or opens those of an earlier writer.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - shape: What is written.
  ///   - written: How many positions from the first on the earlier writer wrote; nil for new files.
  /// - Throws: `FileError` when they cannot be written, or do not hold what was written.
  init(in folder: String, _ shape: StoredPredictions.Shape, written: Int?) throws(FileError) {
    try FileSystem.makeDirectory(folder)
    func rows(_ name: String, _ plan: TensorPlan) throws(FileError) -> SafetensorsRows {
      let path = "\(folder)/\(name)"
      if written == nil { try FileSystem.remove(path) }
      return try SafetensorsRows(path, holding: plan, written: written)
    }
    tokens = try rows(StoredPredictions.tokensName, shape.tokens)
    logProbabilities = try rows(StoredPredictions.logProbabilitiesName, shape.logProbabilities)
  }

  /// Writes predictions of the targets from a place on.
  func write(_ predictions: Predictions, at place: Int) throws {
    let top = try predictions.top.unsqueezed(1)
    let ids = try predictions.tokens.map { try Tensor.joined([top, $0], along: 1) } ?? top
    try tokens.write(ids, at: place)
    let others = [predictions.rest, predictions.targets].compactMap(\.self)
    let columns = try others.map { try $0.unsqueezed(1) }
    try logProbabilities.write(
      Tensor.joined([predictions.logProbabilities] + columns, along: 1),
      at: place
    )
  }

  /// Syncs what was written so far to the disk.
  func sync() throws(FileError) {
    try tokens.sync()
    try logProbabilities.sync()
  }
}
