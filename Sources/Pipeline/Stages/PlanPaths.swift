package import BillhookCore
package import BillhookRecipe
/// What a plan reads and writes on the disk, so that nothing is written into or around what it reads.
package struct PlanPaths {
  /// A file or directory that the plan reads, or that holds what it computes.
  private struct Source {
    /// What it is to the plan.
    let what: String
    /// The path for messages.
    let path: String
    let isDirectory: Bool
  }

  /// A directory that the plan writes.
  private struct Output {
    let path: String
    let span: SourceSpan
  }

  private var sources: [String: Source] = [:]
  private var outputs: [Output] = []

  /// What a step reads and writes.
  struct Use {
    /// Where the recipe says so.
    let span: SourceSpan
    /// The plugins, which may name files.
    let plugins: [any Plugin]
    /// The directory that the step itself writes; nil for none.
    let output: String?
  }

  /// Gathers what a plan names.
  ///
  /// - Parameters:
  ///   - plan: The recipe, the model and the data.
  ///   - uses: What its steps read and write.
  ///   - work: The work folder; nil where none is known.
  init(_ plan: PlanInputs, _ uses: [Use], work: String? = nil) {
    let isNew = plan.model.seed != nil
    add(
      isNew ? "the configuration of the new model" : "the model that the recipe starts with",
      plan.model.path,
      isDirectory: !isNew && FileSystem.isDirectory(plan.model.path)
    )
    if let adapter = plan.model.adapter {
      add("the adapter of the recipe's model", adapter, isDirectory: true)
    }
    for data in plan.data.values { add(data.source, for: "the data `\(data.name)`", data.span) }
    add("the recipe", plan.source.name, isDirectory: false)
    if let work { add("the work folder", work, isDirectory: true) }
    for use in uses {
      for plugin in use.plugins { add(plugin, use.span) }
      if let path = use.output { add(Output(path: path, span: use.span)) }
    }
  }

  private mutating func add<P: Plugin>(_ plugin: P, for what: String? = nil, _ span: SourceSpan) {
    for file in P.parameters.flatMap({ $0.files(of: plugin) }) where !file.path.isEmpty {
      switch file.kind {
      case .output: add(Output(path: file.path, span: span))
      case .file: add(what ?? "a file of `\(P.name)`", file.path, isDirectory: false)
      case .model, .adapter: add(what ?? "a model of `\(P.name)`", file.path, isDirectory: true)
      }
    }
  }

  private mutating func add(_ output: Output) { outputs.append(output) }

  private mutating func add(_ what: String, _ path: String, isDirectory: Bool) {
    guard sources[path] == nil else { return }
    sources[path] = Source(what: what, path: path, isDirectory: isDirectory)
  }

  /// What the plan reads, by its path with all links resolved, and by the path of a link to it,
  /// which would be lost as well.
  private var sourcesByPath: [String: Source] {
    var found: [String: Source] = [:]
    for source in sources.values.sorted(by: { $0.path < $1.path }) {
      let folder = FileSystem.resolved(FileSystem.parent(of: source.path))
      let name = source.path.split(separator: "/").last ?? ""
      for place in [FileSystem.resolved(source.path), "\(folder)/\(name)"]
      where found[place] == nil {
        found[place] = source
      }
    }
    return found
  }

  /// Whether the plan writes nothing but what it computes.
  package var isEmpty: Bool { outputs.isEmpty }

  /// Refuses a path that would be written into or around something that the plan reads.
  ///
  /// Links are followed as they are now, so this can be checked again just before writing.
  ///
  /// - Throws: `FileError` that names what is in the way.
  func check(_ path: String) throws(FileError) { try check(path, sourcesByPath) }

  private func check(_ path: String, _ sources: [String: Source]) throws(FileError) {
    let place = FileSystem.resolved(path)
    if let source = sources[place] {
      throw FileError(path, "is \(source.what); save to another path")
    }
    for above in Self.folders(above: place) {
      guard let source = sources[above], source.isDirectory else { continue }
      throw FileError(
        path,
        "lies inside \(source.what), \(source.path); save to a path outside it"
      )
    }
    let inside = sources.filter { $0.key.hasPrefix(place == "/" ? "/" : "\(place)/") }
    if let source = inside.min(by: { $0.key < $1.key })?.value {
      throw FileError(
        path,
        "holds \(source.what), \(source.path), which would go with it; save to another path"
      )
    }
  }

  /// Refuses a folder for notes that lies in something that the plan reads or writes.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - option: What names it.
  /// - Throws: `FileError` that names what it lies in.
  package func check(_ folder: String, of option: String) throws(FileError) {
    let place = FileSystem.resolved(folder)
    var found = outputs.map { ($0.path, "what the recipe writes to \($0.path)") }
    found += sources.values.filter(\.isDirectory).map { ($0.path, "\($0.what), \($0.path)") }
    for (path, what) in found.sorted(by: { $0.0 < $1.0 })
    where ([place] + Self.folders(above: place)).contains(FileSystem.resolved(path)) {
      throw FileError(folder, "lies in \(what); choose another folder for `\(option)`")
    }
  }

  /// What is wrong with the paths that the plan writes to: what they would overwrite, which lie
  /// inside each other, and which cannot be written.
  ///
  /// - Returns: Each obstacle, with the path that it is about and where the recipe names it.
  package func obstacles() -> [(error: FileError, path: String, span: SourceSpan)] {
    let sources = sourcesByPath
    let outputs = outputs.map { (place: FileSystem.resolved($0.path), output: $0) }
    let places = Dictionary(outputs) { first, _ in first }
    var found: [(error: FileError, path: String, span: SourceSpan)] = []
    for (place, output) in outputs {
      do throws(FileError) {
        try check(output.path, sources)
        if let above = Self.folders(above: place).first(where: { places[$0] != nil }) {
          throw FileError(
            output.path,
            "lies inside \(places[above]?.path ?? above), which the recipe writes too; choose "
              + "separate paths"
          )
        }
        if let obstacle = OutputDirectory(output.path).obstacle {
          throw FileError(output.path, obstacle)
        }
      } catch {
        found.append((error, output.path, output.span))
      }
    }
    return found
  }

  /// The folders that a resolved path goes through, the nearest first.
  private static func folders(above place: String) -> [String] {
    var folders: [String] = []
    var folder = FileSystem.parent(of: place)
    while folder != "/", folder != "." {
      folders.append(folder)
      folder = FileSystem.parent(of: folder)
    }
    return folders
  }
}
