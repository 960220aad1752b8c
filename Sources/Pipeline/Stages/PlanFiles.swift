import BillhookCore
import BillhookRecipe

/// The files that a plan reads: hashes of their contents for keys, and the check that the contents
/// are still the same when they are read.
final class PlanFiles {
  private let inputs: PlanInputs
  private let plugins: [any Plugin]
  private let files: ReadFiles
  private var listings: [String: [String]] = [:]

  /// The files of a plan.
  ///
  /// - Parameters:
  ///   - inputs: The model and the data.
  ///   - plugins: What the steps name, which may read files.
  ///   - hashes: The hashes of files.
  init(of inputs: PlanInputs, _ plugins: [any Plugin], _ hashes: FileHashes) {
    self.inputs = inputs
    self.plugins = plugins
    files = ReadFiles(hashes)
  }

  // MARK: Reading

  /// Takes the plan's model as it was opened; from here on all files of the plan count as they are now.
  ///
  /// - Throws: `FileError` when a file of the model was changed since it was opened.
  func take(_ opened: OpenedModel) throws -> LanguageModel {
    // What cannot be read is an error where it is needed, and may be in a branch.
    for path in all { _ = try? files.hash(of: path) }
    return try files.reading(source()) {
      for path in try source()
      where try files.identity(of: path) != opened.identities[path] ?? nil {
        throw FileError(path, "was changed since it was read; start again")
      }
      return opened.model
    }
  }

  /// Reads a data source, with the tokenizer where it is text.
  ///
  /// - Throws: `FileError` that names the file which is not what it was, and what `body` throws.
  func reading<Result>(_ step: DataStep, _ body: () throws -> Result) throws -> Result {
    try files.reading(paths(of: step.source) + tokenizer(for: step), body)
  }

  /// Computes something of the model with a plugin, which may read the files that it names.
  ///
  /// - Throws: `FileError` that names the file which is not what it was, and what `body` throws.
  func computing<Result>(with plugin: any Plugin, _ body: () throws -> Result) throws -> Result {
    try computing(with: [plugin], body)
  }

  /// The same with several plugins; nil stands for none.
  func computing<Result>(
    with plugins: [(any Plugin)?],
    _ body: () throws -> Result
  ) throws -> Result {
    let read = try plugins.compactMap(\.self).flatMap { plugin in
      try paths(of: plugin) + ((plugin as? any Evaluation)?.writesText == true ? textual : [])
    }
    return try files.reading(source() + read, body)
  }

  /// Saves the model, with the files beside it.
  ///
  /// - Parameters:
  ///   - format: What writes it.
  ///   - path: The directory that it becomes.
  ///   - body: Writes it.
  /// - Returns: What `body` gives.
  /// - Throws: `FileError` that names the file which is not what it was, and what `body` throws.
  func saving<Result>(
    by format: any Format,
    to path: String,
    _ body: () throws -> Result
  ) throws -> Result {
    let result = try files.reading(source() + companions + paths(of: format), body)
    // The run itself changed what is there now.
    files.forget(in: path)
    let place = FileSystem.resolved(path)
    listings = listings.filter { FileSystem.resolved($0.key) != place }
    return result
  }

  /// The names and hashes of those of some files that are there.
  func contents(of paths: [String]) throws -> JSON {
    .array(
      try paths.compactMap { path in
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return try files.hash(of: path).map { [.string(name), .string($0)] }
      }
    )
  }

  // MARK: Which files

  /// The files that the model is opened from.
  func source() throws -> [String] {
    guard inputs.model.seed == nil else { return [inputs.model.path] }
    let adapter = inputs.model.adapter.map(ModelStep.files(inAdapter:)) ?? []
    return try model(in: inputs.model.path) + adapter
  }

  /// The files of a model in a directory, as it was listed first.
  func model(in directory: String) throws -> [String] {
    if let known = listings[directory] { return known }
    let found = try ModelStep.files(inModel: directory)
    listings[directory] = found
    return found
  }

  /// The files that go along with a saved model, as the folder was listed first.
  private(set) lazy var companions: [String] = {
    if wholeFile != nil { return [] }
    let found =
      inputs.model.seed == nil
      ? try? Companions(in: folder) : try? Companions(besideConfigurationIn: folder)
    return (found?.names ?? []).map { "\(folder)/\($0)" }
  }()

  /// The files that turn text into tokens, and that say which token begins a window of token ids.
  func tokenizer(for step: DataStep) -> [String] {
    guard type(of: step.source).yieldsText || step.windows.bos == .every else { return [] }
    if let wholeFile { return [wholeFile] }
    let chat =
      step.source is any ConversationSource ? ChatTemplate.files : ["tokenizer_config.json"]
    return (["tokenizer.json"] + chat).map { "\(folder)/\($0)" }
  }

  /// The files that a plugin reads.
  func paths<P: Plugin>(of plugin: P) throws -> [String] {
    try P.parameters.flatMap { $0.files(of: plugin) }.flatMap { file -> [String] in
      switch file.kind {
      case .file: return [file.path]
      case .model: return try model(in: file.path)
      case .adapter: return ModelStep.files(inAdapter: file.path)
      case .output: return []
      }
    }
  }

  /// The files that say how the model reads and writes text: its tokens, and which end a text.
  var textual: [String] {
    if let wholeFile { return [wholeFile] }
    return ["tokenizer.json", "tokenizer_config.json", "generation_config.json"].map {
      "\(folder)/\($0)"
    }
  }

  /// The file that holds the whole model; nil where it is a directory of several.
  private var wholeFile: String? {
    inputs.model.seed == nil ? LanguageModel.wholeFile(at: inputs.model.path) : nil
  }

  /// The folder of the model's files.
  private var folder: String {
    inputs.model.seed == nil ? inputs.model.path : FileSystem.parent(of: inputs.model.path)
  }

  /// All files that a run reads, as far as they can be listed.
  private var all: [String] {
    let data = inputs.data.values.sorted { $0.span.start < $1.span.start }
    return ((try? source()) ?? []) + data.flatMap { tokenizer(for: $0) } + companions
      + (data.map { $0.source as any Plugin } + plugins)
      .flatMap { (try? paths(of: $0)) ?? [] }
  }
}
